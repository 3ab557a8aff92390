// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The kind of an option of <c>dotnet test</c>.</summary>
internal enum TestOptionKind
{
    /// <summary>An option that only the tests understand: the number of its values is unknown.</summary>
    Unknown,

    /// <summary>An option with a value, in the next word or in the same one.</summary>
    Valued,

    /// <summary>An option without a value, which is passed to the tests.</summary>
    Flag,

    /// <summary>An option of the build only, in one word.</summary>
    OfBuild,

    /// <summary>An option about starting the tests, which the tool does itself.</summary>
    Dropped,

    /// <summary>An option that changes what is run in a way that the tool does not support.</summary>
    Refused,
}

/// <summary>The options of <c>dotnet test</c>, of VSTest and of Microsoft.Testing.Platform.</summary>
internal static class TestOptions
{
    private static readonly HashSet<string> s_valued = new(StringComparer.Ordinal)
    {
        "-c", "--configuration", "-f", "--framework", "-r", "--runtime", "-o", "--output", "--artifacts-path", "-p", "--property", "-property",
        "-e", "--environment", "--project", "--solution", "-v", "--verbosity", "--results-directory",
        "-s", "--settings", "--filter", "--test-adapter-path", "-l", "--logger", "-d", "--diag", "--collect",
        "--blame-crash-dump-type", "--blame-hang-dump-type", "--blame-hang-timeout",
        "--config-file", "--diagnostic-output-directory", "--minimum-expected-tests", "--max-parallel-test-modules",
    };

    private static readonly HashSet<string> s_flags = new(StringComparer.Ordinal)
    {
        "-t", "--list-tests", "--blame", "--blame-crash", "--blame-crash-collect-always", "--blame-hang", "--no-ansi", "--no-progress",
    };

    private static readonly HashSet<string> s_dropped = new(StringComparer.Ordinal)
    {
        "--no-build", "--nologo", "-nologo", "--no-launch-profile", "--no-launch-profile-arguments",
    };

    private static readonly HashSet<string> s_ofBuild = new(StringComparer.Ordinal)
    {
        "--no-restore", "--no-dependencies", "--disable-build-servers", "--interactive", "--force",
        "-m", "-maxcpucount", "-bl", "-binaryLogger", "-nr", "-nodeReuse", "-tl", "--tl", "-clp", "-consoleLoggerParameters", "-warnaserror", "-warnasmessage", "-restore",
    };

    private static readonly HashSet<string> s_refused = new(StringComparer.Ordinal)
    {
        "-a", "--arch", "--os", "--test-modules", "--root-directory", "--ucr", "--use-current-runtime", "--self-contained", "--sc", "-?", "-h", "--help",
    };

    /// <summary>
    /// Whether a word is an option. A word that begins with a slash is a path, except for the options that MSBuild accepts in this form.
    /// </summary>
    public static bool IsOption(string word)
        => word.StartsWith('-')
            || (word.StartsWith('/') && Split(word) is var (name, value) && KindOf(name, value) is TestOptionKind.Valued or TestOptionKind.OfBuild or TestOptionKind.Dropped);

    public static bool IsAssembly(string word) => word.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) || word.EndsWith(".exe", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a word could name the tests: a project, a solution, an assembly, or a folder with one of the first two.</summary>
    public static bool IsLikeProject(string word)
        => Path.GetExtension(word) is ".sln" or ".slnx" or ".slnf" or ".dll" or ".exe" || word.EndsWith("proj", StringComparison.Ordinal)
            || (Directory.Exists(word) && Directory.EnumerateFiles(word).Any(static file => Path.GetExtension(file) is ".sln" or ".slnx" || file.EndsWith("proj", StringComparison.Ordinal)));

    /// <summary>The name of an option, with a hyphen in place of a slash, and its value if it is in the same word.</summary>
    public static (string Name, string? Value) Split(string word)
    {
        int end = word.AsSpan().IndexOfAny('=', ':');
        string name = end < 0 ? word : word[..end];
        return (name.StartsWith('/') ? $"-{name[1..]}" : name, end < 0 ? null : word[(end + 1)..]);
    }

    public static TestOptionKind KindOf(string name, string? value) => name switch
    {
        "-t" when value is not null => TestOptionKind.Refused, // an MSBuild target
        _ when s_valued.Contains(name) => TestOptionKind.Valued,
        _ when s_flags.Contains(name) => TestOptionKind.Flag,
        _ when s_dropped.Contains(name) => TestOptionKind.Dropped,
        _ when s_ofBuild.Contains(name) => TestOptionKind.OfBuild,
        _ when s_refused.Contains(name) => TestOptionKind.Refused,
        _ => TestOptionKind.Unknown,
    };
}
