// SPDX-License-Identifier: MIT
using System.Xml.Linq;
using FenceKit.Benchmarks.Ratios;

namespace FenceKit.Tests.Performance;

/// <summary>The figures in README.md and docs/performance.md are those of the last run of the benchmarks, and every miss is explained.</summary>
public class PublishedFiguresTests
{
    private static readonly IReadOnlyList<RatioResult> s_results =
        RatioResult.FromJson(File.ReadAllText(Repository.PathOf("docs", "performance", "ratios.json")));

    private static readonly string[] s_curves =
        [.. Directory.GetFiles(Repository.PathOf("docs", "performance"), "*.svg").Select(file => Path.GetFileName(file)).Order()];

    public static TheoryData<string> Curves => [.. s_curves];

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/performance.md")]
    public void The_table_in_a_document_is_the_one_of_the_committed_ratios(string document) =>
        Assert.Equal(RatioTable.For(document, s_results), RatioTable.Extract(File.ReadAllText(Repository.PathOf(document))));

    [Fact]
    public void Every_row_that_misses_its_limit_has_its_reason_in_the_documentation()
    {
        string text = File.ReadAllText(Repository.PathOf("docs", "performance.md"));
        Assert.All(
            s_results.Where(result => !result.Holds),
            result => Assert.Contains($"\n### {result.Name}\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_row_is_there_once_and_allocates_nothing()
    {
        string[] expected =
        [
            "fence.poll", "fence.signal", "fence.signal.vs-tcs", "fence.callback", "fence.pingpong", "fence.await.attached", "fence.await.pool",
            "fence.waitany8", "fence.fanout100", "fence.cancel", "notifier.schedule16", "notifier.index", "notifier.split8",
            "reservation.add", "ww.set4",
        ];
        string[] names = [.. s_results.Select(result => result.Name)];
        Assert.Equal(names.Distinct(), names);
        Assert.Subset(names.ToHashSet(), expected.ToHashSet());

        // A flow that takes a lock gets another execution context from the runtime, and a node: as many bytes as docs/lockdep.md says, and no more.
        const double BytesOfAHold = 224;
        Assert.All(s_results, result => Assert.InRange(result.Bytes, 0, result.Name switch
        {
            "lockdep.async.on" => BytesOfAHold,
            "lockdep.async.nested4" => 4 * BytesOfAHold,
            _ => 0.5,
        }));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_curve_is_drawn_beside_that_of_its_peer_and_shown(string file)
    {
        XNamespace svg = "http://www.w3.org/2000/svg";
        XElement root = XDocument.Load(Repository.PathOf("docs", "performance", file)).Root!;
        Assert.Equal(svg + "svg", root.Name);
        Assert.InRange(root.Elements(svg + "polyline").Count(), 2, 4);
        Assert.Contains($"(performance/{file})", File.ReadAllText(Repository.PathOf("docs", "performance.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_a_curve_for_threads_subscribers_waiters_and_classes() =>
        Assert.Subset(
            s_curves.ToHashSet(),
            new HashSet<string> { "threads-signal.svg", "threads-read.svg", "threads-invalidate.svg", "subscribers.svg", "waiters.svg", "classes.svg" });
}
