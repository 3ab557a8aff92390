// SPDX-License-Identifier: MIT
using FenceKit.Tests;
using FenceKit.Tests.PublicApi;

namespace FenceKit.Testing.Tests;

/// <summary>What docs/testing.md prints is what is compiled and run; what users can see is what the files say (FENCEKIT_ACCEPT=1 accepts a change).</summary>
public class DocumentTests
{
    [Theory]
    [InlineData("TestingAttribute", "AssemblyInfo.cs")]
    [InlineData("TestingServer", "Shop.cs")]
    [InlineData("TestingTest", "Scenarios.cs")]
    [InlineData("TestingExpected", "Scenarios.cs")]
    public void The_page_prints_what_is_run(string name, string file)
    {
        string[] page = Between(Repository.PathOf("docs", "testing.md"), $"<!-- snippet: {name} -->", "<!-- endsnippet -->");
        string[] source = Between(Repository.PathOf("tests", "FenceKit.Testing.Scenarios", file), $"// begin: {name}", $"// end: {name}");
        Assert.NotEmpty(source);
        Assert.Equal(source, page.Where(line => !line.StartsWith("```", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("FenceKit.Testing", typeof(LockdepTestRun))]
    [InlineData("FenceKit.Testing.Xunit", typeof(FailOnLockViolationAttribute))]
    public void The_public_surface_is_what_the_file_says(string name, Type type)
    {
        string path = Repository.PathOf("tests", "FenceKit.Testing.Tests", "PublicApi", $"{name}.txt");
        IReadOnlyList<string> actual = ApiText.Of(type.Assembly);
        if (Environment.GetEnvironmentVariable("FENCEKIT_ACCEPT") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        Assert.Equal(File.ReadAllLines(path), actual);
    }

    private static string[] Between(string file, string begin, string end) =>
        [.. File.ReadLines(file).Select(line => line.Trim()).SkipWhile(line => line != begin).Skip(1).TakeWhile(line => line != end)];
}
