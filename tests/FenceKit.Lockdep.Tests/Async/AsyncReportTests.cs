// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>What is found in asynchronous code reads like the rest, in every format.</summary>
public sealed class AsyncReportTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task Every_format_names_the_methods_that_await_and_not_what_the_compiler_made_of_them()
    {
        await OuterAsync("A", "B");
        await OuterAsync("B", "A");
        var report = LockReport.Create(_bench.Validator);
        foreach (string text in (string[])[report.ToText(), report.ToJson(), report.ToSarif(), report.ToHtml()])
        {
            Assert.Contains("AsyncReportTests.InnerAsync", text, StringComparison.Ordinal);
            Assert.Contains("AsyncReportTests.OuterAsync", text, StringComparison.Ordinal);
            Assert.DoesNotContain("MoveNext", text, StringComparison.Ordinal);
        }

        Assert.Contains("color=red", report.ToDot(), StringComparison.Ordinal);
        Assert.Contains("stroke:red", report.ToMermaid(), StringComparison.Ordinal);
        LockViolation violation = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(2, violation.Dependencies.Count);
        Assert.Equal(2, violation.Interleaving.DistinctBy(static step => step.Thread).Count());
        IReadOnlyList<string> frames = violation.Dependencies[0].Wanted.Stack;
        Assert.EndsWith("AsyncReportTests.InnerAsync", frames[0], StringComparison.Ordinal);
        Assert.EndsWith("AsyncReportTests.OuterAsync", frames[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sink_may_await_and_take_tracked_locks_of_its_own()
    {
        var bench = new AsyncBench();
        int called = 0;
        bench.Validator.AddSink(LockViolationSink.ToCallback(_ =>
        {
            called++;
            using (bench["log"].LockAsync().GetResult())
            {
            }
        }));
        using (await bench["A"].LockAsync())
        using (await bench["B"].LockAsync())
        {
        }

        using (await bench["B"].LockAsync())
        using (await bench["A"].LockAsync())
        {
        }

        Assert.Equal(1, called);
        Assert.Equal(["A -> B", "B -> A"], bench.Edges);
    }

    private async Task OuterAsync(string first, string second)
    {
        using (await _bench[first].LockAsync())
        {
            await InnerAsync(second);
        }
    }

    private async Task InnerAsync(string name)
    {
        using (await _bench[name].LockAsync())
        {
            await AsyncBench.HopAsync();
        }
    }
}
