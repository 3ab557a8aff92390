// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Suppressions;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Suppressions;

public class SuppressionFileTests
{
    private static readonly Day s_today = new("2026-12-01T12:00:00Z");

    [Theory]
    [InlineData("A -> B -> C -> A", 1)]
    [InlineData("B -> C -> A -> B", 1)]
    [InlineData("C -> A -> B", 1)]
    [InlineData("A -> C -> B -> A", 0)]
    [InlineData("A -> B", 0)]
    [InlineData("A -> B -> C -> D", 0)]
    public void A_circle_may_begin_anywhere_but_runs_one_way(string classes, int expected)
    {
        SuppressionOutcome outcome = Apply(Shop.Circle("A", "B", "C"), $"CircularDependency {classes} because r");
        Assert.Equal(expected, outcome.Suppressed);
        Assert.Equal(1 - expected, outcome.Left.Violations.Count);
        Assert.Equal(1 - expected, outcome.Unmatched.Count);
    }

    [Fact]
    public void A_finding_of_another_kind_with_the_same_classes_stays() =>
        Assert.Equal(0, Apply(Shop.Report, "HeldOverAwait Shop.Index::_gate because r").Suppressed);

    [Fact]
    public void The_graph_stays_whole() =>
        Assert.Equal(Shop.Report.Dependencies, Apply(Shop.Report, "Recursion Shop.Index::_gate because r").Left.Dependencies);

    [Theory]
    [InlineData("2026-12-01T00:00:00Z", true)]
    [InlineData("2026-12-31T23:59:59Z", true)]
    [InlineData("2027-01-01T00:00:00Z", false)]
    [InlineData("2027-01-01T01:00:00+05:00", true)]
    public void A_line_counts_through_its_last_day_in_UTC(string now, bool counts)
    {
        SuppressionOutcome outcome = Apply(Shop.Report, "Recursion Shop.Index::_gate until 2026-12-31 because r", new Day(now));
        Assert.Equal(counts ? 1 : 0, outcome.Suppressed);
        Assert.Equal(counts ? 0 : 1, outcome.Expired.Count);
        Assert.Empty(outcome.Unmatched);
    }

    [Fact]
    public void Lines_that_matched_nothing_are_counted_a_second_one_for_the_same_finding_too()
    {
        SuppressionOutcome outcome = Apply(Shop.Report, """
            Recursion Shop.Index::_gate because r
            Recursion Shop.Index::_gate because r
            Recursion Nobody because r
            """);
        Assert.Equal(1, outcome.Suppressed);
        Assert.Equal([2, 3], outcome.Unmatched.Select(static line => line.Line));
    }

    [Fact]
    public void Lines_written_from_a_report_suppress_all_of_it()
    {
        SuppressionOutcome outcome = Apply(Shop.Report, SuppressionFile.Write(Shop.Report, "is known", null));
        Assert.Equal(Shop.Report.Violations.Count, outcome.Suppressed);
        Assert.Empty(outcome.Left.Violations);
        Assert.Empty(outcome.Unmatched);
    }

    [Theory]
    [InlineData("a b", "->")]
    [InlineData("\"", "because")]
    [InlineData("[red]", "until")]
    [InlineData("Cache`1<K, V>::_gate", "#")]
    [InlineData("\\", "\\u0041")]
    [InlineData("x\u2028", "\u3000x")]
    public void Whatever_classes_are_called_the_line_that_was_written_matches(string one, string other)
    {
        LockReport report = LockReport.Parse(Shop.Named(one, other).ToJson());
        Assert.Equal(1, Apply(report, SuppressionFile.Write(report, "is known", new DateOnly(2026, 12, 1))).Suppressed);
    }

    [Fact]
    public void What_a_person_gets_to_paste_reads_as_its_golden_file() =>
        Golden.Check("suppressions.txt", SuppressionFile.Write(Shop.Report, SuppressionText.MissingReason, new DateOnly(2027, 3, 31)));

    [Fact]
    public void What_was_suppressed_and_what_can_go_is_said()
    {
        SuppressionOutcome outcome = Apply(Shop.Report, """
            Recursion Shop.Index::_gate because r
            Recursion Nobody because r
            Recursion Nobody2 because r
            Recursion Shop.Index::_gate until 2026-01-01 because r
            """);
        Assert.Equal(
            ["1 finding is suppressed by known.txt.", "2 lines matched nothing and can go: line 2, line 3.", "1 line no longer counts, for the day is over: line 4."],
            SuppressionSummary.LinesOf("known.txt", outcome));
    }

    private static SuppressionOutcome Apply(LockReport report, string text, TimeProvider? clock = null) =>
        new SuppressionFile(SuppressionText.Read(text)).Apply(report, clock ?? s_today);
}
