// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Running;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>What the build says of projects, and which of their outputs is meant.</summary>
public sealed class ProjectTargetTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<TargetFrameworks>net10.0</TargetFrameworks>")]
    [InlineData("<TargetFrameworks>;net10.0;</TargetFrameworks>")]
    [InlineData("<TargetFramework>net10.0</TargetFramework>")]
    public void The_output_of_a_project_with_one_framework_is_found_whichever_property_names_it(string framework)
    {
        string project = Project(framework);
        string output = Output("net10.0");
        Assert.Equal(output, ProjectTarget.OutputOf(project, [], builds: false));
    }

    [Fact]
    public void Of_several_frameworks_one_has_to_be_named_and_the_message_has_them()
    {
        string project = Project("<TargetFrameworks>net10.0;net9.0</TargetFrameworks>");
        string output = Output("net9.0");
        Assert.Equal(
            $"{project} is built for net10.0 and net9.0: name one of them with -f.",
            Assert.Throws<ToolException>(() => ProjectTarget.OutputOf(project, [], builds: false)).Message);
        Assert.Equal(output, ProjectTarget.OutputOf(project, ["-p:TargetFramework=net9.0"], builds: false));
    }

    [Fact]
    public void A_project_that_is_not_built_is_told_with_the_place_of_its_output()
    {
        string project = Project("<TargetFrameworks>net10.0</TargetFrameworks>");
        string message = Assert.Throws<ToolException>(() => ProjectTarget.OutputOf(project, [], builds: false)).Message;
        Assert.EndsWith($"has no output at '{_folder.PathOf(Path.Combine("bin", "Debug", "net10.0", "App.dll"))}'. Build it first.", message, StringComparison.Ordinal);
    }

    // A library beside the tests may have many frameworks: nobody asks for its output.
    [Fact]
    public void Tests_of_one_framework_are_found_beside_a_library_of_several()
    {
        Project("<TargetFrameworks>net10.0</TargetFrameworks><IsTestProject>true</IsTestProject>");
        string output = Output("net10.0");
        File.WriteAllText(Path.ChangeExtension(output, ".runtimeconfig.json"), """{ "runtimeOptions": { "framework": { "name": "Microsoft.NETCore.App", "version": "10.0.0" } } }""");
        Directory.CreateDirectory(_folder.PathOf("library"));
        _folder.Write("library/Library.csproj", """<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFrameworks>net10.0;net9.0</TargetFrameworks></PropertyGroup></Project>""");
        string all = _folder.Write("All.slnx", """<Solution><Project Path="App.csproj" /><Project Path="library/Library.csproj" /></Solution>""");
        Assert.Equal(output, Assert.Single(TestProjects.Of(["dotnet", "test", all, "--no-build"]).Build()).Assembly);
    }

    private string Project(string framework)
        => _folder.Write("App.csproj", $"""<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType>{framework}</PropertyGroup></Project>""");

    // What a build would leave: whether it is there is all that is asked.
    private string Output(string framework)
    {
        string folder = _folder.PathOf(Path.Combine("bin", "Debug", framework));
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "App.dll");
        File.WriteAllText(path, "");
        return path;
    }
}
