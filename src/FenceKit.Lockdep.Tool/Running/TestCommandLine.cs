// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>
/// A command line of <c>dotnet test</c> or <c>dotnet vstest</c>, taken apart: what it is about, how that is built, and what the tests are given. Where it cannot be
/// known what a word means it is refused, for tests that are another project's would look like tests in which nothing was found.
/// </summary>
internal sealed class TestCommandLine
{
    private const string Build = "Build first, and name the project with --no-build, or the assembly: fencekit-lockdep test -- dotnet test Some.Tests.dll";
    private readonly List<string> _properties = [];
    private readonly List<string> _buildOptions = [];
    private readonly List<string> _arguments = [];
    private readonly List<string> _assemblies = [];
    private readonly List<string> _unclear = []; // words behind an option that is the tests' own
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private string[] _verbosity = []; // how much VSTest says; a program takes no such thing
    private string[] _trailing = [];
    private string? _path;

    private TestCommandLine(bool isVSTest) => IsVSTest = isVSTest;

    /// <summary>Whether it is <c>dotnet vstest</c>, which takes assemblies alone.</summary>
    public bool IsVSTest { get; }

    /// <summary>The project, the solution or the folder.</summary>
    public string Path => _path ?? ".";

    /// <summary>Assemblies, where those are named.</summary>
    public IReadOnlyList<string> Assemblies => _assemblies;

    /// <summary>Whether the projects are built first.</summary>
    public bool Builds { get; private set; } = true;

    /// <summary>Properties of the build, as MSBuild takes them.</summary>
    public IReadOnlyList<string> Properties => _properties;

    /// <summary>What else the build is given.</summary>
    public IReadOnlyList<string> BuildOptions => _buildOptions;

    /// <summary>What tests that are a program are given: what stands behind a <c>--</c> of its own is theirs as well.</summary>
    public IReadOnlyList<string> ProgramArguments => [.. _arguments, .. _trailing];

    /// <summary>What VSTest is given: behind the <c>--</c> are settings of the run.</summary>
    public IReadOnlyList<string> VSTestArguments => [.. _verbosity, .. _arguments, .. _trailing.Length > 0 ? (string[])["--", .. _trailing] : []];

    /// <summary>Variables for the processes of the tests.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;

    /// <summary>Understands a command.</summary>
    /// <param name="command">What stands behind the <c>--</c> of the tool.</param>
    /// <exception cref="ToolException">It is no such command, or what it is about cannot be known.</exception>
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

    // Options there have their values behind a colon, and begin with a slash as well: what is a file is one, so is what is called like an assembly.
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
                // An option of the tests' own. How many values it takes, only they know; none of them is the project, or it is said below.
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
            case "-o" or "--output" when value is not ("Normal" or "Detailed"): // these are how much Microsoft.Testing.Platform says
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
                break; // one project after the other runs here
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
