// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A test project that has been built.</summary>
/// <param name="Assembly">The assembly.</param>
/// <param name="IsProgram">True for Microsoft.Testing.Platform, where the project is a program that runs its tests itself.</param>
/// <param name="NeedsOlderRuntime">True when it was built for a .NET version before 10.</param>
/// <param name="Options">The options of the project for VSTest, which cannot be determined from the assembly alone.</param>
internal sealed record TestProject(string Assembly, bool IsProgram, bool NeedsOlderRuntime, IReadOnlyList<string> Options)
{
    /// <summary>The arguments of <c>dotnet</c>.</summary>
    public IReadOnlyList<string> CommandFor(string assembly, TestCommandLine line)
        => IsProgram ? [assembly, .. line.ProgramArguments] : [line.IsVSTest ? "vstest" : "test", assembly, .. Options, .. line.VSTestArguments];
}

/// <summary>
/// The projects of a <c>dotnet test</c> command. They are built as usual in their own folders; then the tests run from a folder with
/// rewritten assemblies.
/// </summary>
internal sealed class TestProjects
{
    private TestProjects(TestCommandLine line) => Line = line;

    /// <summary>The command.</summary>
    public TestCommandLine Line { get; }

    private bool Collects => Line.VSTestArguments.Any(static argument => argument.StartsWith("--collect", StringComparison.Ordinal));

    private bool NamesSettings => Line.VSTestArguments.Any(static argument => argument == "-s" || argument.StartsWith("--settings", StringComparison.Ordinal));

    /// <summary>Parses a command.</summary>
    /// <param name="command">The words after <c>--</c>.</param>
    /// <exception cref="ToolException">The command is not a <c>dotnet test</c>, or it is ambiguous.</exception>
    public static TestProjects Of(IReadOnlyList<string> command) => new(TestCommandLine.Of(command));

    /// <summary>Builds the projects, unless that is disabled, and returns those with tests.</summary>
    /// <exception cref="ToolException">The build fails, or there is no test project.</exception>
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

    // The assembly does not tell who runs its tests, but the files beside it do.
    private static bool IsOfPlatform(string assembly)
        => Path.GetDirectoryName(assembly)! is var folder && File.Exists(Path.Combine(folder, "Microsoft.Testing.Platform.dll")) && !File.Exists(Path.Combine(folder, "testhost.dll"));

    private TestProject? ProjectOf(string project)
    {
        ProjectFacts facts = ProjectTarget.FactsOf(project, Line.Properties, "IsTestProject", "IsTestingPlatformApplication", "RunSettingsFilePath");
        bool isProgram = facts.Values["IsTestingPlatformApplication"] == "true";
        if (facts.Values["IsTestProject"] != "true" && !isProgram)
        {
            return null;
        }

        string assembly = facts.OutputOf(project);
        List<string> options = [];
        if (!isProgram && facts.Values["RunSettingsFilePath"] is { Length: > 0 } settings && !NamesSettings)
        {
            options.AddRange(["--settings", settings]);
        }

        if (!isProgram && Collects)
        {
            options.AddRange(ProjectTarget.AdaptersOf(project, facts.Asked).SelectMany(static folder => (string[])["--test-adapter-path", folder]));
        }

        return new TestProject(assembly, isProgram, ProgramTarget.OfFile(assembly, [], []).NeedsOlderRuntime, options);
    }
}
