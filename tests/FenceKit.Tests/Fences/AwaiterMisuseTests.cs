// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Awaiters in the hands of somebody who does what compilers do not: still this fence's outcome, never another one's.</summary>
public class AwaiterMisuseTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact]
    public void A_second_GetResult_answers_the_same_although_the_node_serves_others_by_then()
    {
        Fence bad = _timeline.Issue();
        InvalidOperationException error = new("I/O");
        FenceAwaitable stored = bad.ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
        int ran = 0;
        stored.UnsafeOnCompleted(() => ran++);
        _timeline.Signal(bad, error);
        Assert.Same(error, Assert.Throws<InvalidOperationException>(() => stored.GetResult()));

        // The node went back to the pool; let another await have it, and a third be in the middle of its wait.
        Fence good = _timeline.Issue();
        Task<FenceStatus> next = AwaitAsync(good);
        Assert.Same(error, Assert.Throws<InvalidOperationException>(() => stored.GetResult()));
        _timeline.Signal(good);
        Assert.Equal(FenceStatus.Signaled, Limit.On(next));
        Assert.Same(error, Assert.Throws<InvalidOperationException>(() => stored.GetResult()));
        Assert.Equal(1, ran);
    }

    [Fact]
    public void A_second_continuation_on_one_awaiter_runs_too()
    {
        Fence fence = _timeline.Issue();
        FenceAwaitable stored = fence.ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
        List<(string, FenceStatus)> ran = [];

        stored.UnsafeOnCompleted(() => ran.Add(("first", stored.GetResult())));
        stored.OnCompleted(() => ran.Add(("second", stored.GetResult())));
        _timeline.Signal(fence);
        stored.UnsafeOnCompleted(() => ran.Add(("third", stored.GetResult())));

        Assert.Equal([("first", FenceStatus.Signaled), ("second", FenceStatus.Signaled), ("third", FenceStatus.Signaled)], ran);
    }

    [Fact]
    public void A_continuation_given_to_a_complete_fence_still_runs()
    {
        using ManualResetEventSlim ran = new();
        default(Fence).GetAwaiter().OnCompleted(ran.Set);
        Limit.On(ran);

        Fence fence = _timeline.Issue();
        _timeline.Signal(fence);
        ran.Reset();
        fence.GetAwaiter().UnsafeOnCompleted(ran.Set);
        Limit.On(ran);

        ran.Reset();
        default(Fence).WaitAsync(TimeSpan.FromSeconds(1)).GetAwaiter().UnsafeOnCompleted(ran.Set);
        Limit.On(ran);
    }

    [Fact]
    public void GetResult_of_a_pending_fence_blocks_until_the_signal()
    {
        Fence fence = _timeline.Issue();
        FenceStatus? status = null;
        TestThread thread = TestThread.Start(() => status = fence.GetAwaiter().GetResult());
        thread.UntilBlocked();
        Assert.Null(status);

        _timeline.Signal(fence);

        thread.Join();
        Assert.Equal(FenceStatus.Signaled, status);
    }

    [Fact]
    public void GetResult_of_a_timed_wait_without_a_continuation_blocks_for_the_time_given()
    {
        ManualTimeProvider clock = new();
        using FenceTimeline timeline = new("clocked", new FenceTimelineOptions { TimeProvider = clock });
        Fence fence = timeline.Issue();
        FenceStatus? status = null;
        TestThread thread = TestThread.Start(() => status = fence.WaitAsync(TimeSpan.FromSeconds(1)).GetAwaiter().GetResult());
        clock.UntilTimerIsSet();
        thread.UntilBlocked();

        clock.Advance(TimeSpan.FromSeconds(1));

        thread.Join();
        Assert.Equal(FenceStatus.Pending, status);
    }

    [Fact]
    public void A_second_GetResult_of_a_wait_whose_time_ran_out_does_not_wait_again()
    {
        ManualTimeProvider clock = new();
        using FenceTimeline timeline = new("clocked", new FenceTimelineOptions { TimeProvider = clock });
        FenceWaitAwaitable stored = timeline.Issue().WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
        stored.UnsafeOnCompleted(() => { });
        clock.Advance(TimeSpan.FromSeconds(1));

        TestThread.Run(() =>
        {
            Assert.Equal(FenceStatus.Pending, stored.GetResult());
            Assert.Equal(FenceStatus.Pending, stored.GetResult());
        });
        Assert.Equal(0, clock.ActiveTimers);
    }

    [Fact]
    public void Continuations_must_not_be_null()
    {
        Fence fence = _timeline.Issue();
        FenceAwaitable awaiter = fence.GetAwaiter();
        FenceWaitAwaitable waiter = fence.WaitAsync(TimeSpan.FromSeconds(1)).GetAwaiter();

        Assert.Equal("continuation", Assert.Throws<ArgumentNullException>(() => awaiter.OnCompleted(null!)).ParamName);
        Assert.Equal("continuation", Assert.Throws<ArgumentNullException>(() => awaiter.UnsafeOnCompleted(null!)).ParamName);
        Assert.Equal("continuation", Assert.Throws<ArgumentNullException>(() => waiter.OnCompleted(null!)).ParamName);
        Assert.Equal("continuation", Assert.Throws<ArgumentNullException>(() => waiter.UnsafeOnCompleted(null!)).ParamName);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void An_awaitable_that_is_awaited_twice_waits_twice()
    {
        Fence fence = _timeline.Issue();
        FenceAwaitable awaitable = fence.ConfigureAwait(FenceContinuation.Inline);
        Task first = AwaitAsync(awaitable);
        Task second = AwaitAsync(awaitable);

        Assert.False(first.IsCompleted || second.IsCompleted);
        _timeline.Signal(fence);
        Assert.True(first.IsCompletedSuccessfully && second.IsCompletedSuccessfully);

        static async Task AwaitAsync(FenceAwaitable awaitable) => await awaitable;
    }

    private static async Task<FenceStatus> AwaitAsync(Fence fence) => await fence.ConfigureAwait(FenceContinuation.Inline);
}
