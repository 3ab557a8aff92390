// SPDX-License-Identifier: MIT
using System.Reflection;
using FenceKit.Remote.Tests;
using FenceKit.Tests.PublicApi;

namespace FenceKit.Remote.Redis.Tests.PublicApi;

/// <summary>As the test of the same name in FenceKit.Tests. To accept a change: FENCEKIT_ACCEPT=1 dotnet test --filter PublicApi.</summary>
public class PublicApiTests
{
    [Theory]
    [InlineData("FenceKit.Remote.Redis")]
    public void The_public_surface_is_what_the_file_says(string name)
    {
        string path = Path.Combine(RepositoryRoot.Find(), "tests", "FenceKit.Remote.Redis.Tests", "PublicApi", $"{name}.txt");
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
