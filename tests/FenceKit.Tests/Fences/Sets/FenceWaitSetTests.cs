// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Slots that stay in their timelines between the waits.</summary>
public sealed class FenceWaitSetTests : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly FenceTimeline _a = new("a");
    private readonly FenceTimeline _b = new("b");
    private readonly FenceWaitSet _set;

    public FenceWaitSetTests() => _set = new FenceWaitSet(3, new FenceTimelineOptions { TimeProvider = _clock });

    public void Dispose() => _set.Dispose();

    [Fact]
    public void Completions_are_reported_once_in_the_order_in_which_they_came()
    {
        InvalidOperationException error = new();
        _set.Set(0, _a.Issue());
        _set.Set(1, _b.Issue());
        _set.Set(2, default);
        _b.Signal(1, error);
        _a.Signal(1);

        Assert.Equal(2, _set.WaitAny(s_tick).Index);
        FenceWaitResult faulted = _set.WaitAny(s_tick);
        Assert.Equal((FenceStatus.Faulted, 1), (faulted.Status, faulted.Index));
        Assert.Same(error, faulted.Error);
        Assert.Equal((FenceStatus.Signaled, 0), (_set.WaitAny(s_tick).Status, 0));
        Assert.False(_set.TryTake(out FenceWaitResult none));
        Assert.True(none.IsTimeout);
    }

    [Fact]
    public void A_slot_that_was_not_reported_stays_in_its_timeline_between_the_waits()
    {
        _set.Set(0, _a.Issue());
        for (ulong i = 1; i <= 10; i++)
        {
            _set.Set(1, _b.Issue());
            _b.Signal(i);
            Assert.Equal(1, _set.WaitAny(s_tick).Index);
            Assert.True(_a.HasCallbacks());
        }

        _a.Signal(1);
        Assert.Equal(0, _set.WaitAny(s_tick).Index);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_waiter_wakes_when_a_slot_completes_also_one_that_is_filled_later(bool asynchronous)
    {
        Task<FenceWaitResult> wait = asynchronous
            ? _set.WaitAnyAsync(Timeout.InfiniteTimeSpan).AsTask()
            : Task.Run(() => _set.WaitAny(Timeout.InfiniteTimeSpan));
        _set.Set(2, _a.Issue());
        Assert.False(wait.IsCompleted);
        _a.Signal(1);
        Assert.Equal(2, Limit.On(wait).Index);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_time_runs_out_the_slots_stay(bool asynchronous)
    {
        _set.Set(0, _a.Issue());
        Task<FenceWaitResult> wait = asynchronous ? _set.WaitAnyAsync(s_tick).AsTask() : Task.Run(() => _set.WaitAny(s_tick));
        _clock.UntilTimerIsSet();
        _clock.Advance(s_tick);
        Assert.True(Limit.On(wait).IsTimeout);
        Assert.Equal(1, _set.Watched);
        _a.Signal(1);
        Assert.Equal(0, _set.WaitAny(TimeSpan.Zero).Index);
    }

    [Fact]
    public void A_cleared_slot_is_not_reported_whether_pending_or_complete()
    {
        _set.Set(0, _a.Issue());
        _set.Set(1, default);
        _set.Set(2, default);

        Assert.True(_set.Clear(0));
        Assert.True(_set.Clear(1));
        Assert.False(_set.Clear(1));
        _a.Signal(1);

        Assert.Equal(2, _set.WaitAny(TimeSpan.Zero).Index);
        Assert.True(_set.WaitAny(TimeSpan.Zero).IsTimeout);
        TimelineProbe.AssertNoNodeLeft(_a);
    }

    [Fact]
    public void A_slot_filled_again_reports_the_new_fence_only_even_from_inside_the_signal_of_the_old()
    {
        Fence old = _a.Issue();
        RecordingCallback refill = new(() => _set.Set(0, _b.Issue()));
        Assert.True(old.TryAddCallback(refill)); // runs before the callback of the slot, which has left the list by then
        _set.Set(0, old);

        _a.Signal(old);

        Assert.True(_set.WaitAny(TimeSpan.Zero).IsTimeout);
        Assert.Equal(1, _set.Watched);
        _b.Signal(1);
        Assert.Equal(0, _set.WaitAny(TimeSpan.Zero).Index);
    }

    [Fact]
    public void Waiting_for_all_takes_nothing()
    {
        _set.Set(0, _a.Issue());
        _set.Set(1, _b.Issue());
        bool all = false;
        TestThread waiter = TestThread.Start(() => all = _set.WaitAll(Timeout.InfiniteTimeSpan));
        waiter.UntilBlocked();
        _a.Signal(1);
        Assert.False(_set.WaitAll(TimeSpan.Zero));
        _b.Signal(1);
        waiter.Join();
        Assert.True(all);
        Assert.Equal(2, _set.Ready);
        Assert.Equal(0, _set.WaitAny(TimeSpan.Zero).Index);
        Assert.Equal(1, _set.WaitAny(TimeSpan.Zero).Index);
        Assert.True(_set.WaitAll(TimeSpan.Zero));
    }

    [Fact]
    public void Canceling_ends_the_wait_and_dispose_ends_all()
    {
        using CancellationTokenSource cancellation = new();
        _set.Set(0, _a.Issue());
        Task<FenceWaitResult> canceled = _set.WaitAnyAsync(s_tick, cancellation.Token).AsTask();
        Task<FenceWaitResult> waiting = _set.WaitAnyAsync(s_tick).AsTask();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Limit.On(canceled));

        _set.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Limit.On(waiting));
        Assert.Throws<ObjectDisposedException>(() => _set.Set(0, default));
        Assert.Throws<ObjectDisposedException>(() => _set.WaitAll(s_tick));
        TimelineProbe.AssertNoNodeLeft(_a);
    }

    [Fact]
    public void Slots_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>("index", () => _set.Set(3, default));
        Assert.Throws<ArgumentOutOfRangeException>("index", () => _set.Clear(-1));
        Assert.Throws<ArgumentOutOfRangeException>("capacity", () => new FenceWaitSet(0));
    }

    [Fact]
    public void No_completion_is_lost_or_doubled_between_two_takers_and_two_signalers()
    {
        const int Each = 20_000;
        using FenceWaitSet set = new(2);
        int[] taken = new int[2];
        int total = 0;
        FenceTimeline[] timelines = [_a, _b];
        SemaphoreSlim[] free = [new(1), new(1)];

        TestThread.RunTogether(
            () => Produce(0),
            () => Produce(1),
            Take,
            Take);
        Assert.Equal([Each, Each], taken);
        Assert.Equal((0, 0), (set.Watched, set.Ready));

        void Produce(int slot)
        {
            for (int i = 0; i < Each; i++)
            {
                Assert.True(free[slot].Wait(Limit.Time));
                Fence fence = timelines[slot].Issue();
                set.Set(slot, fence);
                timelines[slot].Signal(fence);
            }
        }

        void Take()
        {
            while (Interlocked.Increment(ref total) <= 2 * Each)
            {
                FenceWaitResult result = set.WaitAny(Limit.Time);
                Assert.Equal(FenceStatus.Signaled, result.Status);
                Interlocked.Increment(ref taken[result.Index]);
                free[result.Index].Release();
            }
        }
    }
}
