// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Live;

/// <summary>Who waits for which fence, held up by whom, while it happens.</summary>
public class WaitForGraphTests : ContractTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [Fact]
    public void Two_threads_that_wait_for_each_others_fence_are_found_with_stacks_and_places()
    {
        FenceTimeline first = new("first");
        FenceTimeline second = new("second");
        Fence ofFirst = first.Issue();
        Fence ofSecond = second.Issue();
        TrackedLock shared = Lock("shared");
        using ManualResetEventSlim isFirstReady = new();
        using ManualResetEventSlim isSecondReady = new();
        Thread one = Start("one", () => Cross(first, ofSecond, shared, isFirstReady, isSecondReady));
        Thread two = Start("two", () => Cross(second, ofFirst, held: null, isSecondReady, isFirstReady));

        WaitForGraph graph = UntilSeen(static graph => graph.Circles.Count == 1 && graph.Waits.All(static wait => wait.Stack.Count > 0));

        FenceWait[] circle = [.. graph.Circles[0].OrderBy(static wait => wait.Timeline, StringComparer.Ordinal)];
        Assert.Equal(["first", "second"], circle.Select(static wait => wait.Timeline));
        Assert.Equal([two.ManagedThreadId, one.ManagedThreadId], circle.Select(static wait => wait.ThreadId));
        string holder = Assert.Single(circle[0].HeldUpBy);
        Assert.StartsWith($"thread {one.ManagedThreadId} 'one'", holder, StringComparison.Ordinal);
        Assert.Contains("WaitForGraphTests.cs:", holder, StringComparison.Ordinal);
        Assert.All(circle, static wait => Assert.Contains(nameof(Cross), string.Join('|', wait.Stack), StringComparison.Ordinal));
        Assert.Contains(circle[1].Locks, static held => held.Contains("shared", StringComparison.Ordinal));
        Assert.Contains("2 wait for each other:", graph.ToString(), StringComparison.Ordinal);
        Assert.Contains("'one' waits for second:1", graph.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"second:1\" -> \"thread", graph.ToDot(), StringComparison.Ordinal);

        first.Signal(ofFirst);
        second.Signal(ofSecond);
        one.Join();
        two.Join();
        Assert.Empty(WaitForGraph.Capture().Circles);
        Reported(LockViolationKind.CircularDependency, "fence first", "fence second"); // it was foretold as well
    }

    [Fact]
    public void A_thread_that_ended_on_the_way_to_the_signal_holds_nobody_up()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = timeline.Issue();
        Start("gone", () => _ = timeline.BeginSignaling()).Join();
        Thread waiter = Start("waiter", () => fence.Wait());

        WaitForGraph graph = UntilSeen(static graph => graph.Waits.Count == 1);

        Assert.Empty(graph.Waits[0].HeldUpBy);
        timeline.Signal(fence);
        waiter.Join();
    }

    [Fact]
    public void A_wait_that_lasts_too_long_is_written_out_once()
    {
        ManualTimeProvider clock = new();
        FenceTimeline timeline = new("engine", new FenceTimelineOptions { TrackedIssuers = 1 });
        Fence fence = timeline.Issue();
        List<WaitForGraph> written = [];
        using IDisposable watch = WaitForGraph.Watch(s_limit, written.Add, clock);
        Thread waiter = Start("waiter", () => fence.Wait());
        UntilSeen(static graph => graph.Waits.Count == 1);

        clock.Advance(s_limit);
        Assert.Empty(written);
        clock.Advance(s_limit / 2);
        clock.Advance(s_limit * 3);

        WaitForGraph graph = Assert.Single(written);
        FenceWait wait = Assert.Single(graph.Waits);
        Assert.Equal(waiter.ManagedThreadId, wait.ThreadId);
        Assert.Equal(fence, wait.Fence);
        Assert.Contains(nameof(A_wait_that_lasts_too_long_is_written_out_once), wait.Issuer, StringComparison.Ordinal);
        timeline.Signal(fence);
        waiter.Join();
    }

    [Fact]
    public void Waits_that_follow_each_other_are_not_one_long_wait()
    {
        ManualTimeProvider clock = new();
        FenceTimeline timeline = new("engine");
        List<WaitForGraph> written = [];
        using IDisposable watch = WaitForGraph.Watch(s_limit, written.Add, clock);
        Callback node = new(static () => { });

        for (int round = 0; round < 8; round++)
        {
            Fence fence = timeline.Issue();
            Assert.True(fence.TryAddCallback(node));
            clock.Advance(s_limit * 0.75);
            timeline.Signal(fence);
        }

        Assert.Empty(written);
    }

    [Fact]
    public void After_the_watch_has_ended_nothing_is_written()
    {
        ManualTimeProvider clock = new();
        FenceTimeline timeline = new("engine");
        Fence fence = timeline.Issue();
        Assert.True(fence.TryAddCallback(new Callback(static () => { })));
        List<WaitForGraph> written = [];

        WaitForGraph.Watch(s_limit, written.Add, clock).Dispose();
        clock.Advance(s_limit * 3);

        Assert.Empty(written);
        timeline.Signal(fence);
    }

    private static void Cross(FenceTimeline own, Fence other, TrackedLock? held, ManualResetEventSlim isReady, ManualResetEventSlim isOtherReady)
    {
        using (own.BeginSignaling())
        {
            held?.Enter();
            isReady.Set();
            isOtherReady.Wait();
            other.Wait();
            held?.Exit();
        }
    }

    private static Thread Start(string name, Action action)
    {
        Thread thread = new(() => action()) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private static WaitForGraph UntilSeen(Func<WaitForGraph, bool> isSeen)
    {
        WaitForGraph graph = WaitForGraph.Capture();
        Limit.Until(() => isSeen(graph = WaitForGraph.Capture()), "Seeing the graph");
        return graph;
    }
}
