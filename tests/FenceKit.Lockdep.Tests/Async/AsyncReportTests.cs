// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.RegularExpressions;

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

    [Theory]
    [InlineData("held over an await", LockViolationKind.HeldOverAwait, "TakeAndAwaitAsync", "TakeAndAwaitAsync")]
    [InlineData("taken again by its flow", LockViolationKind.Recursion, "OuterAsync", "InnerAsync")]
    [InlineData("blocked for", LockViolationKind.Recursion, "BlockUnderWhatIsNeeded", "NeedAsync")]
    [InlineData("the pool starves", LockViolationKind.InvalidWaitContext, "BlockInPool", "BlockInPool")]
    [InlineData("needs the one thread", LockViolationKind.Recursion, "BlockInContext", null)]
    public async Task Each_finding_is_in_every_format_with_its_place_and_both_stacks(string what, LockViolationKind kind, string first, string? second)
    {
        await AsyncBench.HopAsync(); // away from the context of the test host
        switch (what)
        {
            case "held over an await":
                await TakeAndAwaitAsync();
                break;
            case "taken again by its flow":
                using (var later = new CancellationTokenSource())
                {
                    Task again = OuterAsync("A", "A", later.Token); // comes as far as the wait that would hang
                    await later.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);
                }

                break;
            case "blocked for":
                BlockUnderWhatIsNeeded();
                break;
            case "the pool starves":
                await Task.Run(BlockInPool);
                break;
            default:
                BlockInContext();
                break;
        }

        LockViolation found = _bench.Single(kind);
        var report = LockReport.Create(_bench.Validator);
        Assert.Equal(found.Message, Assert.Single(LockReport.Parse(report.ToJson()).Violations).Message);
        foreach (string text in (string[])[report.ToText(), string.Join('\n', StringsOf(report.ToJson())), string.Join('\n', StringsOf(report.ToSarif())), string.Join('\n', StringsOf(DataOf(report.ToHtml())))])
        {
            Assert.Contains(found.Message, text, StringComparison.Ordinal);
            Assert.Contains($"AsyncReportTests.{first}", text, StringComparison.Ordinal);
            Assert.Contains($"AsyncReportTests.{second ?? first}", text, StringComparison.Ordinal);
            Assert.DoesNotContain("MoveNext", text, StringComparison.Ordinal);
        }
    }

    private async Task TakeAndAwaitAsync()
    {
        using var permits = new TrackedSemaphore(_bench.Class("S"), 1, "S", _bench.Validator);
        permits.Wait();
        using (await _bench["A"].LockAsync())
        {
        }

        permits.Release();
    }

    private void BlockUnderWhatIsNeeded()
    {
        using (_bench["A"].LockAsync().GetResult())
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
            Assert.ThrowsAny<OperationCanceledException>(() => TrackedTask.Wait(() => NeedAsync(soon.Token), _bench.Validator));
        }
    }

    private async Task NeedAsync(CancellationToken cancellationToken)
    {
        using (await _bench["A"].LockAsync(cancellationToken))
        {
        }
    }

    private void BlockInPool()
    {
        Task needsPool = TrackedTask.Run(
            () =>
            {
                SpinWait.SpinUntil(() => _bench.Reports.Count > 0);
                return Task.CompletedTask;
            },
            _bench.Validator);
        TrackedTask.Wait(needsPool, _bench.Validator);
    }

    // Another thread lets go on what hangs here, so that the test ends.
    private void BlockInContext()
    {
        var posted = new System.Collections.Concurrent.BlockingCollection<Action>();
        var context = new Queueing(posted);
        ExclusiveContext.For(context);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        new Thread(() => posted.Take()()) { IsBackground = true }.UnsafeStart();
        try
        {
            TrackedTask.Wait(async () => await Task.Yield(), _bench.Validator);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private static IEnumerable<string> StringsOf(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. StringsOf(document.RootElement)];
    }

    private static IEnumerable<string> StringsOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static property => StringsOf(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(StringsOf),
        JsonValueKind.String => [element.GetString()!],
        _ => [],
    };

    private static string DataOf(string page) => Regex.Match(page, "const data = (.*);\r?\n").Groups[1].Value;

    private sealed class Queueing(System.Collections.Concurrent.BlockingCollection<Action> posted) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => posted.Add(() => d(state));
    }

    private async Task OuterAsync(string first, string second, CancellationToken cancellationToken = default)
    {
        using (await _bench[first].LockAsync(cancellationToken))
        {
            await InnerAsync(second, cancellationToken);
        }
    }

    private async Task InnerAsync(string name, CancellationToken cancellationToken)
    {
        using (await _bench[name].LockAsync(cancellationToken))
        {
            await AsyncBench.HopAsync();
        }
    }
}
