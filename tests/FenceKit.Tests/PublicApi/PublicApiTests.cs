// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Tests.PublicApi;

/// <summary>
/// What users can see of the packages, compared with the files next to this one, so that no change of it goes unnoticed. To accept
/// a change: FENCEKIT_ACCEPT=1 dotnet test --filter PublicApi, then look at the difference.
/// </summary>
public class PublicApiTests
{
    [Theory]
    [InlineData("FenceKit")]
    [InlineData("FenceKit.Lockdep")]
    [InlineData("FenceKit.Conformance")]
    public void The_public_surface_is_what_the_file_says(string name)
    {
        string path = Repository.PathOf("tests", "FenceKit.Tests", "PublicApi", $"{name}.txt");
        IReadOnlyList<string> actual = ApiText.Of(Assembly.Load(name));
        if (Environment.GetEnvironmentVariable("FENCEKIT_ACCEPT") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        string[] expected = File.ReadAllLines(path);
        string[] gone = [.. expected.Except(actual).Select(line => $"- {line}")];
        string[] added = [.. actual.Except(expected).Select(line => $"+ {line}")];
        Assert.True(
            gone.Length + added.Length == 0,
            $"The public surface of {name} has changed:{Environment.NewLine}{string.Join(Environment.NewLine, [.. gone, .. added])}");
    }
}
