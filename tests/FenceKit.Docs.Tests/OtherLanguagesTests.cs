// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FenceKit.Docs.Tests;

/// <summary>The programs that docs/fsharp-and-vb.md shows are those below tests/FenceKit.Languages, which are built with this suite, and print what the page says.</summary>
public partial class OtherLanguagesTests
{
    private const string Page = "docs/fsharp-and-vb.md";

    /// <summary>Such as Release/net10.0: these tests were built as the programs were.</summary>
    private static readonly string s_build = Path.GetRelativePath(Pages.PathOf("tests/FenceKit.Docs.Tests/bin"), AppContext.BaseDirectory);

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("fsharp", "FSharp", "Program.fs")]
    [InlineData("vb", "VisualBasic", "Program.vb")]
    public void The_page_shows_the_program_that_is_built(string language, string project, string file) =>
        Assert.Equal(Pages.Read($"tests/FenceKit.Languages/{project}/{file}"), Block(language).Groups["code"].Value);

    [Theory]
    [InlineData("fsharp", "FSharp")]
    [InlineData("vb", "VisualBasic")]
    public async Task The_program_prints_what_the_page_says(string language, string project)
    {
        string program = Pages.PathOf($"tests/FenceKit.Languages/{project}/bin/{s_build}/FenceKit.Languages.{project}.dll");
        using Process run = Process.Start(new ProcessStartInfo("dotnet", [program]) { RedirectStandardOutput = true })!;
        using CancellationTokenSource limit = new(s_limit);
        try
        {
            string printed = await run.StandardOutput.ReadToEndAsync(limit.Token);
            await run.WaitForExitAsync(limit.Token);
            Assert.Equal(0, run.ExitCode);
            Assert.Equal(Block(language).Groups["printed"].Value, string.Join(" / ", printed.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        }
        finally
        {
            if (!run.HasExited)
            {
                run.Kill(entireProcessTree: true);
            }
        }
    }

    private static Match Block(string language) =>
        Blocks().Matches(Pages.Read(Page)).Single(block => block.Groups["language"].Value == language);

    [GeneratedRegex("^<!-- run: (?<printed>.*?) -->\n```(?<language>[a-z]+)\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Blocks();
}
