// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Reports;

public sealed class MergeTests
{
    [Fact]
    public void One_finding_of_two_processes_stays_once_and_the_surest()
    {
        LockReport likely = Report(Finding("a", LockConfidence.Likely), Finding("b", LockConfidence.Possible));
        LockReport certain = Report(Finding("a", LockConfidence.Certain), Finding("c", LockConfidence.Likely));
        foreach (LockReport[] order in (LockReport[][])[[likely, certain], [certain, likely]])
        {
            Assert.Equal(
                [("a", LockConfidence.Certain), ("c", LockConfidence.Likely), ("b", LockConfidence.Possible)],
                LockReport.Merge(order).Violations.Select(static violation => (violation.Key, violation.Confidence)));
        }
    }

    [Fact]
    public void Of_two_that_are_equally_sure_the_first_stays()
    {
        LockViolation first = Finding("a", LockConfidence.Likely);
        Assert.Same(first, Assert.Single(LockReport.Merge([Report(first), Report(Finding("a", LockConfidence.Likely))]).Violations));
    }

    [Fact]
    public void Findings_without_a_key_are_never_taken_for_one_another() =>
        Assert.Equal(2, LockReport.Merge([Report(Finding("", LockConfidence.Likely)), Report(Finding("", LockConfidence.Likely))]).Violations.Count);

    [Fact]
    public void Dependencies_of_the_same_classes_are_one_with_the_kinds_of_both()
    {
        LockReport one = Seen(LockAcquireMode.Exclusive), other = Seen(LockAcquireMode.SharedRecursive);
        LockDependency merged = Assert.Single(LockReport.Merge([one, other]).Dependencies);
        Assert.Equal(one.Dependencies[0].Kinds | other.Dependencies[0].Kinds, merged.Kinds);
        Assert.NotEqual(one.Dependencies[0].Kinds, other.Dependencies[0].Kinds);
        Assert.Same(one.Dependencies[0].Evidence, merged.Evidence);
        Assert.Equal(
            one.ToSnapshot().Merge(other.ToSnapshot()).ToString(),
            LockReport.Merge([one, other]).ToSnapshot().ToString());

        static LockReport Seen(LockAcquireMode mode)
        {
            var bench = new Bench();
            bench.Validator.Acquire(bench["A"]);
            bench.Validator.Acquire(bench["B"], new LockAcquireOptions { Mode = mode });
            return LockReport.Create(bench.Validator);
        }
    }

    [Fact]
    public void The_snapshot_of_a_report_is_that_of_its_validator()
    {
        var bench = new Bench();
        bench.Nest("A1", "A2", "B");
        Assert.Equal(bench.Validator.ExportSnapshot().ToString(), LockReport.Create(bench.Validator).ToSnapshot().ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Merging_random_reports_obeys_the_laws_of_sets(int seed)
    {
        var generator = new ReportGenerator(seed);
        for (int i = 0; i < 200; i++)
        {
            (LockReport a, LockReport b, LockReport c) = (generator.Next(), generator.Next(), generator.Next());
            Assert.Equal(LockReport.Merge([a, b, c]).ToJson(), LockReport.Merge([LockReport.Merge([a, b]), c]).ToJson());
            LockReport both = LockReport.Merge([a, b]);
            Assert.Equal(KeysOf(both), KeysOf(LockReport.Merge([b, a])));
            Assert.Equal(KeysOf(both), KeysOf(LockReport.Merge([both, a])));
            Assert.Equal(a.ToSnapshot().Merge(b.ToSnapshot()).ToString(), both.ToSnapshot().ToString());
        }

        static string[] KeysOf(LockReport report) =>
            [.. report.Violations.Where(static violation => violation.Key.Length > 0).Select(static violation => $"{violation.Confidence} {violation.Key}").Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Nothing_merged_is_an_empty_report_and_null_is_refused()
    {
        Assert.Empty(LockReport.Merge([]).Violations);
        Assert.Empty(LockReport.Merge([]).Dependencies);
        Assert.Throws<ArgumentNullException>("reports", () => LockReport.Merge(null!));
        Assert.Throws<ArgumentException>("reports", () => LockReport.Merge([null!]));
    }

    [Fact]
    public void Where_takes_findings_away_and_leaves_the_graph()
    {
        LockReport sample = FormatTests.Sample();
        LockReport less = sample.Where(static violation => violation.Kind == LockViolationKind.Recursion);
        Assert.Equal(LockViolationKind.Recursion, Assert.Single(less.Violations).Kind);
        Assert.Same(sample.Dependencies, less.Dependencies);
        Assert.Throws<ArgumentNullException>("predicate", () => sample.Where(null!));
    }

    private static LockReport Report(params LockViolation[] violations) => new(violations, [], []);

    private static LockViolation Finding(string key, LockConfidence confidence) => new(LockViolationKind.Protocol, confidence, "It was bent.") { Key = key };
}
