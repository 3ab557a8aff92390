// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.Loader;
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
    [InlineData("FenceKit.Testing", "FenceKit.Testing.Scenarios")]
    [InlineData("FenceKit.Testing.Xunit", "FenceKit.Testing.Scenarios")]
    [InlineData("FenceKit.Testing.Xunit3", "FenceKit.Testing.Scenarios3")]
    public void The_public_surface_is_what_the_file_says(string name, string project)
    {
        Surroundings surroundings = new(AppContext.BaseDirectory.Replace("FenceKit.Testing.Tests", project, StringComparison.Ordinal));
        ApiSnapshot.Check(surroundings.LoadFromAssemblyName(new AssemblyName(name)), "FenceKit.Testing.Tests");
    }

    /// <summary>The files beside a project: the two lines of xunit do not go into one process otherwise.</summary>
    private sealed class Surroundings(string folder) : AssemblyLoadContext("surroundings")
    {
        protected override Assembly? Load(AssemblyName assemblyName) =>
            Path.Combine(folder, $"{assemblyName.Name}.dll") is var file && File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }

    private static string[] Between(string file, string begin, string end) =>
        [.. File.ReadLines(file).Select(line => line.Trim()).SkipWhile(line => line != begin).Skip(1).TakeWhile(line => line != end)];
}
