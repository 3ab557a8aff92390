// SPDX-License-Identifier: MIT
using System.IO.Enumeration;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>The assemblies to rewrite: all of the program, or those that match Only, except those that match Skip.</summary>
/// <param name="Only">Names with <c>*</c> and <c>?</c>, without the extension; empty for all.</param>
/// <param name="Skip">Patterns of assemblies to leave out.</param>
internal sealed record AssemblySelection(IReadOnlyList<string> Only, IReadOnlyList<string> Skip)
{
    // The validator itself, and test hosts, which would only report themselves.
    private static readonly string[] s_never = ["FenceKit.Lockdep", "FenceKit.Lockdep.Runtime", "coverlet.*", "Microsoft.TestPlatform.*", "Microsoft.VisualStudio.TestPlatform.*", "testhost*"];

    public bool Takes(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return (Only.Count == 0 ? !Matches(s_never, name) : Matches(Only, name)) && !Matches(Skip, name);
    }

    private static bool Matches(IReadOnlyList<string> patterns, string name)
        => patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(WithoutExtension(pattern), name, ignoreCase: true));

    private static string WithoutExtension(string pattern) => pattern.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? pattern[..^4] : pattern;
}
