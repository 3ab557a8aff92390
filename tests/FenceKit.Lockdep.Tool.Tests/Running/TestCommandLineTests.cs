// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Running;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>What a <c>dotnet test</c> is about, wherever it says so, and what is the tests' own.</summary>
public sealed class TestCommandLineTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dotnet test", ".", "")]
    [InlineData("dotnet test A.csproj", "A.csproj", "")]
    [InlineData("dotnet test --filter Name~x A.csproj", "A.csproj", "--filter Name~x")]
    [InlineData("dotnet test --filter=Name=x A.sln --blame", "A.sln", "--filter=Name=x --blame")]
    [InlineData("dotnet test --logger trx --collect C -s a.runsettings --blame-hang-timeout 5m tests/A", "tests/A", "--logger trx --collect C -s a.runsettings --blame-hang-timeout 5m")]
    [InlineData("dotnet test --list-tests A.slnx", "A.slnx", "--list-tests")]
    [InlineData("dotnet test --project A.csproj --filter-method *x* *y*", "A.csproj", "--filter-method *x* *y*")]
    [InlineData("dotnet test --solution=A.slnf --report-trx --output Detailed", "A.slnf", "--report-trx --output Detailed")]
    [InlineData("dotnet test --filter-method *x*", ".", "--filter-method *x*")]
    [InlineData("dotnet test A.csproj -v q", "A.csproj", "", "-v q")]
    [InlineData("dotnet test A.csproj --max-parallel-test-modules 2 --no-launch-profile", "A.csproj", "")]
    [InlineData("dotnet test A.csproj --filter x -- RunConfiguration.X=1 -c B.csproj", "A.csproj", "--filter x RunConfiguration.X=1 -c B.csproj", "--filter x -- RunConfiguration.X=1 -c B.csproj")]
    public void The_project_and_what_the_tests_are_given(string command, string path, string ofProgram, string? ofVSTest = null)
    {
        TestCommandLine line = Of(command);
        Assert.Equal(path, line.Path);
        Assert.Empty(line.Assemblies);
        Assert.Equal(ofProgram, string.Join(' ', line.ProgramArguments));
        Assert.Equal(ofVSTest ?? ofProgram, string.Join(' ', line.VSTestArguments));
    }

    [Theory]
    [InlineData("-c Release -f net10.0", "-p:Configuration=Release -p:TargetFramework=net10.0")]
    [InlineData("-c:Release --framework=net10.0", "-p:Configuration=Release -p:TargetFramework=net10.0")]
    [InlineData("-p:A=B;C=D --property:E=F /p:G=H -p I=J", "-p:A=B;C=D -p:E=F -p:G=H -p:I=J")]
    [InlineData("-r linux-x64", "-p:RuntimeIdentifier=linux-x64 -p:_CommandLineDefinedRuntimeIdentifier=true")]
    [InlineData("-o /out", "-p:OutputPath=/out/ -p:_CommandLineDefinedOutputPath=true")]
    [InlineData("--artifacts-path /out", "-p:ArtifactsPath=/out")]
    public void What_is_built_is_said_in_properties(string options, string properties)
    {
        if (OperatingSystem.IsWindows() && options.Contains("/out", StringComparison.Ordinal))
        {
            return; // paths are others there
        }

        TestCommandLine line = Of($"dotnet test {options} A.csproj");
        Assert.Equal("A.csproj", line.Path);
        Assert.Equal(properties, string.Join(' ', line.Properties));
        Assert.Empty(line.VSTestArguments);
    }

    [Fact]
    public void The_build_has_its_own_options()
    {
        TestCommandLine line = Of("dotnet test --no-restore -m:1 -bl:log.binlog --nologo /nologo A.csproj");
        Assert.True(line.Builds);
        Assert.Equal(["--no-restore", "-m:1", "-bl:log.binlog"], line.BuildOptions);
        Assert.Empty(line.ProgramArguments);
        Assert.False(Of("dotnet test --no-build A.csproj").Builds);
    }

    [Fact]
    public void Variables_are_for_the_processes_of_the_tests()
    {
        TestCommandLine line = Of("dotnet test -e A=b=c --environment D A.csproj");
        Assert.Equal(new Dictionary<string, string> { ["A"] = "b=c", ["D"] = "" }, line.Environment);
        Assert.Empty(line.VSTestArguments);
    }

    [Theory]
    [InlineData("dotnet test A.dll B.DLL --filter x", "A.dll B.DLL", "--filter x")]
    [InlineData("dotnet test --logger trx bin/A.dll", "bin/A.dll", "--logger trx")]
    [InlineData("dotnet vstest A.dll /b/B.dll --TestCaseFilter:x /Logger:trx -- X=1", "A.dll /b/B.dll", "--TestCaseFilter:x /Logger:trx -- X=1")]
    public void Assemblies_are_taken_as_they_are(string command, string assemblies, string arguments)
    {
        TestCommandLine line = Of(command);
        Assert.Equal(assemblies, string.Join(' ', line.Assemblies));
        Assert.Equal(arguments, string.Join(' ', line.VSTestArguments));
        Assert.Equal(command.StartsWith("dotnet vstest", StringComparison.Ordinal), line.IsVSTest);
    }

    [Theory]
    [InlineData("dotnet build", "is no dotnet test")]
    [InlineData("dotnet test A.csproj B.csproj", "dotnet test is about A.csproj; what 'B.csproj' is beside it is not clear")]
    [InlineData("dotnet test A.dll B.csproj", "what 'B.csproj' is beside it is not clear")]
    [InlineData("dotnet test --filter-method *x* A.csproj", "Whether 'A.csproj' is the project or belongs to the option before it cannot be known. Write --project A.csproj")]
    [InlineData("dotnet test A.csproj --filter", "'--filter' of dotnet test has no value")]
    [InlineData("dotnet test --arch x64 A.csproj", "'dotnet test --arch' is not understood here. Build first")]
    [InlineData("dotnet test --test-modules **/A.dll", "'dotnet test --test-modules' is not understood here")]
    [InlineData("dotnet test -t:Target A.csproj", "'dotnet test -t' is not understood here")]
    [InlineData("dotnet vstest --TestCaseFilter:x", "dotnet vstest names no assembly")]
    public void What_cannot_be_known_is_refused(string command, string reason)
        => Assert.Contains(reason, Assert.Throws<ToolException>(() => Of(command)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_behind_an_option_of_the_tests_is_refused_only_where_it_could_be_the_project()
    {
        Assert.Equal(".", Of("dotnet test --results", _folder.Root).Path);
        _folder.Write("A.csproj", "");
        Assert.Throws<ToolException>(() => Of("dotnet test --results", _folder.Root));
        Assert.Equal("B.csproj", Of("dotnet test B.csproj --results", _folder.Root).Path);
    }

    [Fact]
    public void A_filter_of_a_solution_leads_to_the_projects_of_the_solution()
    {
        Directory.CreateDirectory(_folder.PathOf("filters"));
        Directory.CreateDirectory(_folder.PathOf("A"));
        _folder.Write("A/A.csproj", "<Project />");
        _folder.Write("All.slnx", """<Solution><Project Path="A/A.csproj" /></Solution>""");
        _folder.Write("filters/One.slnf", """{ "solution": { "path": "..\\All.slnx", "projects": ["A\\A.csproj"] } }""");
        Assert.Equal(_folder.PathOf("A/A.csproj"), Path.GetFullPath(Assert.Single(ProjectTarget.ProjectsOf(_folder.PathOf("filters/One.slnf")))));
        _folder.Write("filters/Broken.slnf", "{}");
        Assert.Contains("Broken.slnf cannot be read", Assert.Throws<ToolException>(() => ProjectTarget.ProjectsOf(_folder.PathOf("filters/Broken.slnf"))).Message, StringComparison.Ordinal);
    }

    private static TestCommandLine Of(string command, params string[] more) => TestCommandLine.Of([.. command.Split(' '), .. more]);
}
