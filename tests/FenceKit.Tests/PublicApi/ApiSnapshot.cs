// SPDX-License-Identifier: MIT
using System.Reflection;

namespace FenceKit.Tests.PublicApi;

/// <summary>
/// What users can see of a package, compared with the file PublicApi/PACKAGE.txt of its test project, so that no change of it goes unnoticed. To
/// accept a change: FENCEKIT_ACCEPT=1 dotnet test --filter PublicApi, then look at the difference.
/// </summary>
internal static class ApiSnapshot
{
    /// <param name="package">The assembly.</param>
    /// <param name="project">The folder below tests that has the file.</param>
    internal static void Check(Assembly package, string project)
    {
        string name = package.GetName().Name!;
        string path = Repository.PathOf("tests", project, "PublicApi", $"{name}.txt");
        IReadOnlyList<string> actual = ApiText.Of(package);
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
