// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;
using FenceKit.Tests;

namespace FenceKit.Docs.Tests;

/// <summary>The pages of the repository that people read: README.md, what is in docs, and the README of each package and sample.</summary>
internal static partial class Pages
{
    internal static string Root => Repository.Root;

    /// <summary>All pages, by their path from the root of the repository.</summary>
    internal static IEnumerable<string> All =>
        new[] { "README.md", "CHANGELOG.md" }
            .Concat(Below("docs", "*.md"))
            .Concat(Below("src", "README.md"))
            .Concat(Below("samples", "README.md"));

    /// <summary>The READMEs that go into packages: they are read far from the repository.</summary>
    internal static IEnumerable<string> OfPackages => Below("src", "README.md");

    internal static string PathOf(string page) => Path.Combine(Root, page.Replace('/', Path.DirectorySeparatorChar));

    internal static string Read(string page) => File.ReadAllText(PathOf(page)).ReplaceLineEndings("\n");

    /// <summary>The text without blocks of code and without code inside lines: what is left has links.</summary>
    internal static string WithoutCode(string text) => InlineCode().Replace(CodeBlock().Replace(text, ""), "code");

    /// <summary>The names by which the headings of a page can be linked to.</summary>
    internal static HashSet<string> AnchorsOf(string page) =>
        [.. Heading().Matches(CodeBlock().Replace(Read(page), "")).Select(heading => AnchorOf(heading.Groups[1].Value))];

    /// <summary>As GitHub makes it: small letters, digits, hyphens for spaces; all else is dropped.</summary>
    private static string AnchorOf(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    private static IEnumerable<string> Below(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    [GeneratedRegex("^ *```.*?^ *```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex("^#+ +(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
