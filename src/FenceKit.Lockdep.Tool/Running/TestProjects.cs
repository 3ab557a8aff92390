// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A test project that is built.</summary>
/// <param name="Assembly">Its assembly.</param>
/// <param name="IsProgram">True for Microsoft.Testing.Platform, where the project is a program that runs its tests itself.</param>
/// <param name="NeedsOlderRuntime">True when it was built for a .NET before 10.</param>
/// <param name="Adapters">Folders that the project adds for its tests, with what measures coverage: of an assembly alone nobody could know them.</param>
internal sealed record TestProject(string Assembly, bool IsProgram, bool NeedsOlderRuntime, IReadOnlyList<string> Adapters)
{
    /// <summary>What <c>dotnet</c> is given.</summary>
    public IReadOnlyList<string> CommandFor(string assembly, IReadOnlyList<string> arguments)
        => IsProgram ? [assembly, .. arguments] : ["test", assembly, .. Adapters.SelectMany(static folder => (string[])["--test-adapter-path", folder]), .. arguments];
}

/// <summary>
/// What a <c>dotnet test</c> is about. Projects are built as usual, in their own place; then the tests are run from a folder in which their locks report.
/// </summary>
internal sealed class TestProjects
{
    private readonly string _path;
    private readonly List<string> _properties;
    private readonly bool _builds;

    private TestProjects(string path, List<string> properties, bool builds, IReadOnlyList<string> arguments)
    {
        _path = path;
        _properties = properties;
        _builds = builds;
        Arguments = arguments;
    }

    /// <summary>What the tests are given.</summary>
    public IReadOnlyList<string> Arguments { get; }

    private bool Collects => Arguments.Any(static argument => argument.StartsWith("--collect", StringComparison.Ordinal));

    /// <summary>Understands a command.</summary>
    /// <param name="command">What stands behind <c>--</c>.</param>
    /// <exception cref="ToolException">It is no <c>dotnet test</c>.</exception>
    public static TestProjects Of(IReadOnlyList<string> command)
    {
        if (command.Count < 2 || Path.GetFileNameWithoutExtension(command[0]) != "dotnet" || command[1] != "test")
        {
            throw new ToolException($"'{string.Join(' ', command)}' is no dotnet test. Write: fencekit-lockdep test -- dotnet test arguments");
        }

        string path = ".";
        List<string> properties = [], arguments = [];
        bool builds = true;
        for (int i = 2; i < command.Count; i++)
        {
            switch (command[i])
            {
                case "-c" or "--configuration" when i + 1 < command.Count:
                    properties.Add($"-p:Configuration={command[++i]}");
                    break;
                case "-f" or "--framework" when i + 1 < command.Count:
                    properties.Add($"-p:TargetFramework={command[++i]}");
                    break;
                case "--no-build":
                    builds = false;
                    break;
                case "--no-restore" or "--nologo" or "-nologo":
                    break;
                case "--project" or "--solution" when i + 1 < command.Count:
                    path = command[++i];
                    break;
                case var property when property.StartsWith("-p:", StringComparison.Ordinal) || property.StartsWith("--property:", StringComparison.Ordinal):
                    properties.Add(property);
                    break;
                case var first when i == 2 && !first.StartsWith('-'):
                    path = first;
                    break;
                default:
                    arguments.Add(command[i]);
                    break;
            }
        }

        return new TestProjects(path, properties, builds, arguments);
    }

    /// <summary>Builds the projects, unless they are built, and says which have tests.</summary>
    /// <exception cref="ToolException">The build fails, or nothing in it is a test project.</exception>
    public IReadOnlyList<TestProject> Build()
    {
        if (_path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            string assembly = Path.GetFullPath(_path);
            return [new TestProject(assembly, IsProgram: false, ProgramTarget.OfFile(assembly, [], []).NeedsOlderRuntime, [])];
        }

        if (_builds)
        {
            ProjectTarget.Build(_path, _properties);
        }

        List<TestProject> found = [];
        foreach (string project in ProjectTarget.ProjectsOf(_path))
        {
            IReadOnlyDictionary<string, string> facts = ProjectTarget.PropertiesOf(project, _properties, "IsTestProject", "TargetPath", "IsTestingPlatformApplication");
            if (facts["IsTestProject"] == "true" || facts["IsTestingPlatformApplication"] == "true")
            {
                string assembly = File.Exists(facts["TargetPath"])
                    ? facts["TargetPath"]
                    : throw new ToolException($"{project} has no output at '{facts["TargetPath"]}'. Build it first; of several frameworks name one with --framework.");
                bool isProgram = facts["IsTestingPlatformApplication"] == "true";
                IReadOnlyList<string> adapters = isProgram || !Collects ? [] : ProjectTarget.AdaptersOf(project, _properties);
                found.Add(new TestProject(assembly, isProgram, ProgramTarget.OfFile(assembly, [], []).NeedsOlderRuntime, adapters));
            }
        }

        return found.Count > 0 ? found : throw new ToolException($"{_path} has no test project.");
    }
}
