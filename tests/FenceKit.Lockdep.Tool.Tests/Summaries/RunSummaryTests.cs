// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Summaries;
using FenceKit.Lockdep.Tool.Suppressions;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Summaries;

public sealed class RunSummaryTests
{
    private static readonly RunFacts s_run = new(3, 1, [new("Shop.dll", true), new("Shop.Data.dll", true), new("Native.dll", false, "it is mixed-mode")]);

    private static readonly SuppressionOutcome s_suppressed =
        new SuppressionFile(SuppressionText.Read("Recursion Shop.Index::_gate because r\nRecursion Nobody because r")).Apply(Shop.Report, new Day("2026-12-01T00:00:00Z"));

    private static readonly RunSummary s_summary = new(new RunReport(s_suppressed.Left, s_run))
    {
        Suppressions = ("known.txt", s_suppressed),
        FullReport = "locks.html",
    };

    [Fact]
    public void In_a_pipe_it_reads_as_its_golden_file()
    {
        string text = Show(s_summary, isSeen: false);
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('│', text);
        Golden.Check("summary.txt", text);
    }

    [Fact]
    public void In_a_terminal_it_reads_as_its_golden_file() => Golden.Check("summary-terminal.txt", Show(s_summary, isSeen: true, hasColors: false));

    [Fact]
    public void In_a_terminal_it_has_colors() => Assert.Contains("\u001b[", Show(s_summary, isSeen: true, hasColors: true), StringComparison.Ordinal);

    [Fact]
    public void Nothing_found_is_said_in_one_line() =>
        Assert.StartsWith("No finding: none of the 1 lock orders that were seen can hang.\n", Show(new RunSummary(new RunReport(Shop.Before, null)), isSeen: false), StringComparison.Ordinal);

    [Fact]
    public void Where_the_whole_report_is_stands_last()
    {
        Assert.EndsWith("locks.html\n", Show(s_summary, isSeen: false), StringComparison.Ordinal);
        Assert.EndsWith("run again with --html FILE, or with --json FILE for fencekit-lockdep report.\n", Show(new RunSummary(new RunReport(Shop.Report, null)), isSeen: false), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[red]markup[/]")]
    [InlineData("[/]")]
    [InlineData("]] [[")]
    public void Markup_in_a_name_is_a_name(string name)
    {
        var summary = new RunSummary(new RunReport(Shop.Named(name, "other"), new RunFacts(0, 0, [new(name, false, name)])));
        Assert.Contains(name, Show(summary, isSeen: false), StringComparison.Ordinal);
        Assert.Contains(name, Show(summary, isSeen: true, hasColors: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_cannot_steer_the_terminal()
    {
        var summary = new RunSummary(new RunReport(Shop.Named("a\u202eb", "other"), new RunFacts(0, 0, [new("\u001b]0;title\u0007.dll", false, "\u001b[2J")])));
        Assert.DoesNotContain('\u001b', Show(summary, isSeen: true, hasColors: false));
        Assert.DoesNotContain('\u202e', Show(summary, isSeen: true, hasColors: false));
        Assert.DoesNotContain('\u001b', Show(summary, isSeen: false));
    }

    [Fact]
    public void Of_very_many_only_the_first_are_shown_and_the_rest_are_counted()
    {
        LockReport many = LockReport.Merge(Enumerable.Range(0, 25).Select(static i => Shop.Named($"first{i}", $"second{i}")));
        string text = Show(new RunSummary(new RunReport(many, new RunFacts(0, 0, [.. Enumerable.Range(0, 15).Select(static i => new AssemblyOutcome($"{i}.dll", false, "r"))]))), isSeen: false);
        Assert.Contains("25 findings, all at likely or above.", text, StringComparison.Ordinal);
        Assert.Contains("20. Circular", text, StringComparison.Ordinal);
        Assert.DoesNotContain("21. Circular", text, StringComparison.Ordinal);
        Assert.Contains("5 more are in the full report.", text, StringComparison.Ordinal);
        Assert.Contains("   and 5 more, all in the JSON", text, StringComparison.Ordinal);
    }

    private static string Show(RunSummary summary, bool isSeen, bool? hasColors = null)
    {
        using StringWriter output = new(), error = new();
        summary.Write(new Terminal(output, error, isOutputSeen: false, isSeen, isSeen ? 110 : null, hasColors));
        Assert.Empty(output.ToString());
        return error.ToString().ReplaceLineEndings("\n");
    }
}
