// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A test project that is built.</summary>
/// <param name="Assembly">Its assembly.</param>
/// <param name="IsProgram">True for Microsoft.Testing.Platform, where the project is a program that runs its tests itself.</param>
/// <param name="NeedsOlderRuntime">True when it was built for a .NET before 10.</param>
/// <param name="Options">What VSTest has to be told of the project, which it cannot know of an assembly alone.</param>
internal sealed record TestProject(string Assembly, bool IsProgram, bool NeedsOlderRuntime, IReadOnlyList<string> Options)
{
    /// <summary>What <c>dotnet</c> is given.</summary>
    public IReadOnlyList<string> CommandFor(string assembly, TestCommandLine line)
        => IsProgram ? [assembly, .. line.ProgramArguments] : [line.IsVSTest ? "vstest" : "test", assembly, .. Options, .. line.VSTestArguments];
}

/// <summary>
/// What a <c>dotnet test</c> is about. Projects are built as usual, in their own place; then the tests are run from a folder in which their locks report.
/// </summary>
internal sealed class TestProjects
{
    private TestProjects(TestCommandLine line) => Line = line;

    /// <summary>The command.</summary>
    public TestCommandLine Line { get; }

    private bool Collects => Line.VSTestArguments.Any(static argument => argument.StartsWith("--collect", StringComparison.Ordinal));

    private bool NamesSettings => Line.VSTestArguments.Any(static argument => argument == "-s" || argument.StartsWith("--settings", StringComparison.Ordinal));

    /// <summary>Understands a command.</summary>
    /// <param name="command">What stands behind <c>--</c>.</param>
    /// <exception cref="ToolException">It is no <c>dotnet test</c>, or not clear.</exception>
    public static TestProjects Of(IReadOnlyList<string> command) => new(TestCommandLine.Of(command));

    /// <summary>Builds the projects, unless they are built, and says which have tests.</summary>
    /// <exception cref="ToolException">The build fails, or nothing in it is a test project.</exception>
    public IReadOnlyList<TestProject> Build()
    {
        if (Line.Assemblies.Count > 0)
        {
            return [.. Line.Assemblies.Select(static file => ProgramTarget.OfFile(file, [], []))
                .Select(static target => new TestProject(target.Assembly, IsOfPlatform(target.Assembly), target.NeedsOlderRuntime, []))];
        }

        if (Line.Builds)
        {
            ProjectTarget.Build(Line.Path, [.. Line.Properties, .. Line.BuildOptions]);
        }

        TestProject[] found = [.. ProjectTarget.ProjectsOf(Line.Path).Select(ProjectOf).OfType<TestProject>()];
        return found.Length > 0 ? found : throw new ToolException($"{Line.Path} has no test project.");
    }

    // Of an assembly alone nothing says who runs its tests but what lies beside it.
    private static bool IsOfPlatform(string assembly)
        => Path.GetDirectoryName(assembly)! is var folder && File.Exists(Path.Combine(folder, "Microsoft.Testing.Platform.dll")) && !File.Exists(Path.Combine(folder, "testhost.dll"));

    private TestProject? ProjectOf(string project)
    {
        IReadOnlyDictionary<string, string> facts = ProjectTarget.PropertiesOf(
            project, Line.Properties, "IsTestProject", "TargetPath", "IsTestingPlatformApplication", "RunSettingsFilePath");
        bool isProgram = facts["IsTestingPlatformApplication"] == "true";
        if (facts["IsTestProject"] != "true" && !isProgram)
        {
            return null;
        }

        string assembly = File.Exists(facts["TargetPath"])
            ? facts["TargetPath"]
            : throw new ToolException($"{project} has no output at '{facts["TargetPath"]}'. Build it first; of several frameworks name one with --framework.");
        List<string> options = [];
        if (!isProgram && facts["RunSettingsFilePath"] is { Length: > 0 } settings && !NamesSettings)
        {
            options.AddRange(["--settings", settings]);
        }

        if (!isProgram && Collects)
        {
            options.AddRange(ProjectTarget.AdaptersOf(project, Line.Properties).SelectMany(static folder => (string[])["--test-adapter-path", folder]));
        }

        return new TestProject(assembly, isProgram, ProgramTarget.OfFile(assembly, [], []).NeedsOlderRuntime, options);
    }
}
