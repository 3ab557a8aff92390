// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>
/// A parsed command line of <c>dotnet test</c> or <c>dotnet vstest</c>: the projects, the options of the build, and the arguments of the
/// tests. A word whose meaning is not known is rejected, because running the wrong tests would look as if nothing was found.
/// </summary>
internal sealed class TestCommandLine
{
    private const string Build = "Build first, and name the project with --no-build, or the assembly: fencekit-lockdep test -- dotnet test Some.Tests.dll";
    private readonly List<string> _properties = [];
    private readonly List<string> _buildOptions = [];
    private readonly List<string> _arguments = [];
    private readonly List<string> _assemblies = [];
    private readonly List<string> _unclear = []; // words after an option that only the tests understand
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private string[] _verbosity = []; // the verbosity of VSTest; a test program has no such option
    private string[] _trailing = [];
    private string? _path;

    private TestCommandLine(bool isVSTest) => IsVSTest = isVSTest;

    /// <summary>Whether the command is <c>dotnet vstest</c>, which takes assemblies only.</summary>
    public bool IsVSTest { get; }

    /// <summary>The project, the solution or the folder.</summary>
    public string Path => _path ?? ".";

    /// <summary>The assemblies, if the command names any.</summary>
    public IReadOnlyList<string> Assemblies => _assemblies;

    /// <summary>Whether the projects are built first.</summary>
    public bool Builds { get; private set; } = true;

    /// <summary>Properties of the build, as MSBuild takes them.</summary>
    public IReadOnlyList<string> Properties => _properties;

    /// <summary>Further options of the build.</summary>
    public IReadOnlyList<string> BuildOptions => _buildOptions;

    /// <summary>The arguments of a test program, including those after its own <c>--</c>.</summary>
    public IReadOnlyList<string> ProgramArguments => [.. _arguments, .. _trailing];

    /// <summary>The arguments of VSTest; after <c>--</c> come settings of the run.</summary>
    public IReadOnlyList<string> VSTestArguments => [.. _verbosity, .. _arguments, .. _trailing.Length > 0 ? (string[])["--", .. _trailing] : []];

    /// <summary>Environment variables for the processes of the tests.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;

    /// <summary>Parses a command.</summary>
    /// <param name="command">The words after the <c>--</c> of the tool.</param>
    /// <exception cref="ToolException">The command is not one of these, or its projects cannot be determined.</exception>
    public static TestCommandLine Of(IReadOnlyList<string> command)
    {
        if (command.Count < 2 || System.IO.Path.GetFileNameWithoutExtension(command[0]) != "dotnet" || command[1] is not ("test" or "vstest"))
        {
            throw new ToolException($"'{string.Join(' ', command)}' is no dotnet test. Write: fencekit-lockdep test -- dotnet test arguments");
        }

        var line = new TestCommandLine(command[1] == "vstest");
        string[] words = [.. command.Skip(2).TakeWhile(static word => word != "--")];
        line._trailing = [.. command.Skip(3 + words.Length)];
        for (int i = 0; i < words.Length;)
        {
            i = line.IsVSTest ? line.TakeOfVSTest(words, i) : line.Take(words, i);
        }

        line.AssertClear();
        return line;
    }

    // Options of vstest have their values after a colon, and may begin with a slash. A word is a path if such a file exists or it is named
    // like an assembly.
    private int TakeOfVSTest(string[] words, int index)
    {
        bool isOption = words[index].StartsWith('-') || (words[index].StartsWith('/') && !TestOptions.IsAssembly(words[index]));
        (isOption ? _arguments : _assemblies).Add(words[index]);
        return index + 1;
    }

    private int Take(string[] words, int index)
    {
        string word = words[index];
        if (!TestOptions.IsOption(word))
        {
            TakePath(word);
            return index + 1;
        }

        (string name, string? value) = TestOptions.Split(word);
        switch (TestOptions.KindOf(name, value))
        {
            case TestOptionKind.OfBuild:
                _buildOptions.Add(word);
                return index + 1;
            case TestOptionKind.Dropped:
                Builds &= name != "--no-build";
                return index + 1;
            case TestOptionKind.Flag:
                _arguments.Add(word);
                return index + 1;
            case TestOptionKind.Valued:
                if (value is null && ++index == words.Length)
                {
                    throw new ToolException($"'{word}' of dotnet test has no value.");
                }

                TakeValue(word, name, value ?? words[index], isApart: value is null);
                return index + 1;
            case TestOptionKind.Refused:
                throw new ToolException($"'dotnet test {name}' is not understood here. {Build}");
            default:
                // An option that only the tests understand. The number of its values is unknown; none of them is the project, or
                // AssertClear rejects the command.
                _arguments.Add(word);
                for (index++; index < words.Length && !TestOptions.IsOption(words[index]); index++)
                {
                    _arguments.Add(words[index]);
                    _unclear.Add(words[index]);
                }

                return index;
        }
    }

    private void TakeValue(string word, string name, string value, bool isApart)
    {
        switch (name)
        {
            case "-c" or "--configuration":
                _properties.Add($"-p:Configuration={value}");
                break;
            case "-f" or "--framework":
                _properties.Add($"-p:TargetFramework={value}");
                break;
            case "-r" or "--runtime":
                _properties.AddRange([$"-p:RuntimeIdentifier={value}", "-p:_CommandLineDefinedRuntimeIdentifier=true"]);
                break;
            case "-o" or "--output" when value is not ("Normal" or "Detailed"): // those are verbosities of Microsoft.Testing.Platform
                _properties.AddRange([$"-p:OutputPath={System.IO.Path.GetFullPath(value)}{System.IO.Path.DirectorySeparatorChar}", "-p:_CommandLineDefinedOutputPath=true"]);
                break;
            case "--artifacts-path":
                _properties.Add($"-p:ArtifactsPath={System.IO.Path.GetFullPath(value)}");
                break;
            case "-p" or "--property" or "-property":
                _properties.Add($"-p:{value}");
                break;
            case "-e" or "--environment":
                int end = value.IndexOf('=', StringComparison.Ordinal);
                _environment[end < 0 ? value : value[..end]] = end < 0 ? "" : value[(end + 1)..];
                break;
            case "--project" or "--solution":
                TakePath(value);
                break;
            case "-v" or "--verbosity":
                _verbosity = [name, value];
                break;
            case "--max-parallel-test-modules":
                break; // the projects run one after the other
            default:
                _arguments.Add(word);
                _arguments.AddRange(isApart ? [value] : []);
                break;
        }
    }

    private void TakePath(string word)
    {
        if (TestOptions.IsAssembly(word) && _path is null)
        {
            _assemblies.Add(word);
            return;
        }

        _path = _path is null && _assemblies.Count == 0
            ? word
            : throw new ToolException($"dotnet test is about {_path ?? _assemblies[0]}; what '{word}' is beside it is not clear. Run one after the other, or name a solution.");
    }

    private void AssertClear()
    {
        if (IsVSTest && _assemblies.Count == 0)
        {
            throw new ToolException("dotnet vstest names no assembly.");
        }

        if (_path is null && _assemblies.Count == 0 && _unclear.Find(TestOptions.IsLikeProject) is { } word)
        {
            throw new ToolException(
                $"Whether '{word}' is the project or belongs to the option before it cannot be known. Write --project {word}, or put it directly behind dotnet test.");
        }
    }
}
