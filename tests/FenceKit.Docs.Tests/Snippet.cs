// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace FenceKit.Docs.Tests;

/// <summary>One block of C# on a page, and what the comments directly above it say about it.</summary>
/// <remarks>
/// <code>
/// &lt;!-- given:                     statements and types that the block needs and the reader does not
/// ... --&gt;
/// &lt;!-- run: what it prints --&gt;    it is run as well; lines are separated by " / "
/// &lt;!-- not compiled: why --&gt;      a fragment
/// &lt;!-- snippet: Name --&gt;          a test of FenceKit.Tests compiles the same text
/// </code>
/// The README of a package is shown where comments may be visible, so it has none: what a block prints stands behind the statement
/// (<c>// prints text</c>), and what it needs in the file Given/PACKAGE.cs beside this one.
/// </remarks>
internal sealed partial record Snippet(string Page, int Line, string Code, string Given, string? Output, bool IsCompiledHere)
{
    public override string ToString() => $"{Page}:{Line}";

    internal static IEnumerable<Snippet> On(string page)
    {
        string text = Pages.Read(page);
        foreach (Match block in Block().Matches(text))
        {
            string above = block.Groups["above"].Value;
            string code = block.Groups["code"].Value;
            Match given = GivenComment().Match(above);
            Match run = Run().Match(above);
            string printed = string.Join(" / ", Prints().Matches(code).Select(print => print.Groups[1].Value));
            yield return new Snippet(
                page,
                text.AsSpan(0, block.Groups["code"].Index).Count('\n') + 1,
                code,
                given.Success ? given.Groups[1].Value : GivenFileOf(page),
                run.Success ? run.Groups[1].Value : printed.Length > 0 ? printed : null,
                !Elsewhere().IsMatch(above));
        }
    }

    private static string GivenFileOf(string page)
    {
        string file = Path.Combine(Pages.Root, "tests", "FenceKit.Docs.Tests", "Given", $"{Path.GetFileName(Path.GetDirectoryName(page))}.cs");
        return page.StartsWith("src/", StringComparison.Ordinal) && File.Exists(file) ? File.ReadAllText(file) : "";
    }

    [GeneratedRegex("// prints (.+)$", RegexOptions.Multiline)]
    private static partial Regex Prints();

    [GeneratedRegex("(?<above>(^<!--(?:(?!-->).)*-->\n)*)^```csharp\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("<!-- given:\n(.*?)-->", RegexOptions.Singleline)]
    private static partial Regex GivenComment();

    [GeneratedRegex("<!-- run: (.*?) -->")]
    private static partial Regex Run();

    [GeneratedRegex("<!-- (not compiled: .+|snippet: .+) -->")]
    private static partial Regex Elsewhere();
}
