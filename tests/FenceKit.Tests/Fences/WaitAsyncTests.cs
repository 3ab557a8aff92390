// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Awaiting with a time limit and a token, on a clock that the test moves.</summary>
public class WaitAsyncTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly FenceTimeline _timeline;

    public WaitAsyncTests() => _timeline = new FenceTimeline("device", new FenceTimelineOptions { TimeProvider = _clock });

    [Fact]
    public void A_wait_whose_time_runs_out_says_pending_and_leaves_nothing_behind()
    {
        Fence fence = _timeline.Issue();
        Task<FenceStatus> wait = WaitAsync(fence, s_tick);

        _clock.Advance(s_tick - TimeSpan.FromTicks(1));
        Assert.False(wait.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(FenceStatus.Pending, Limit.On(wait));
        Assert.Equal(0, _clock.ActiveTimers);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void A_wait_that_is_signaled_in_time_gives_the_outcome_and_stops_its_timer()
    {
        Fence good = _timeline.Issue();
        Fence bad = _timeline.Issue();
        Task<FenceStatus> first = WaitAsync(good, s_tick);
        Task<FenceStatus> second = WaitAsync(bad, s_tick);

        _timeline.Signal(good);
        _timeline.Signal(bad, new InvalidOperationException());

        Assert.Equal(FenceStatus.Signaled, Limit.On(first));
        Assert.Equal(FenceStatus.Faulted, Limit.On(second));
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public void The_time_counts_from_the_call_and_not_from_the_await()
    {
        FenceWaitAwaitable wait = _timeline.Issue().WaitAsync(s_tick * 2);
        _clock.Advance(s_tick);
        Task<FenceStatus> first = AwaitAsync(wait);
        Task<FenceStatus> second = AwaitAsync(wait);
        Assert.False(first.IsCompleted);

        _clock.Advance(s_tick);

        Assert.Equal(FenceStatus.Pending, Limit.On(first));
        Assert.Equal(FenceStatus.Pending, Limit.On(second));

        static async Task<FenceStatus> AwaitAsync(FenceWaitAwaitable wait) => await wait;
    }

    [Fact]
    public void A_timeout_of_zero_polls()
    {
        Fence fence = _timeline.Issue();

        Assert.Equal(FenceStatus.Pending, Limit.On(WaitAsync(fence, TimeSpan.Zero)));
        _timeline.Signal(fence);
        Assert.Equal(FenceStatus.Signaled, Limit.On(WaitAsync(fence, TimeSpan.Zero)));
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public async Task Canceling_ends_the_wait_with_the_token_and_leaves_the_fence_alone()
    {
        using CancellationTokenSource cancellation = new();
        Fence fence = _timeline.Issue();
        Task<FenceStatus> wait = WaitAsync(fence, s_tick, cancellation.Token);

        await cancellation.CancelAsync();

        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(wait));
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        Assert.Equal(0, _clock.ActiveTimers);
        TimelineProbe.AssertQuiet(_timeline);
        Assert.True(_timeline.Signal(fence));
    }

    [Fact]
    public async Task A_complete_fence_wins_over_a_canceled_token_and_a_pending_one_does_not()
    {
        CancellationToken canceled = new(canceled: true);
        Fence done = _timeline.Issue();
        Fence pending = _timeline.Issue();
        _timeline.Signal(done);

        Assert.Equal(FenceStatus.Signaled, await WaitAsync(done, s_tick, canceled));
        Assert.Equal(FenceStatus.Signaled, await WaitAsync(default, s_tick, canceled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WaitAsync(pending, s_tick, canceled));
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void A_timer_that_fires_before_the_clock_says_so_is_set_again_for_the_rest()
    {
        Fence fence = _timeline.Issue();
        Task<FenceStatus> wait = WaitAsync(fence, s_tick);

        _clock.FireNextTimerEarly();
        Assert.False(wait.IsCompleted);
        Assert.Equal(1, _clock.ActiveTimers);
        _clock.Advance(s_tick);

        Assert.Equal(FenceStatus.Pending, Limit.On(wait));
    }

    [Fact]
    public void A_token_or_a_timer_of_an_earlier_wait_does_not_end_a_later_one_on_the_same_node()
    {
        using CancellationTokenSource old = new();
        for (int round = 0; round < 50; round++)
        {
            Fence fence = _timeline.Issue();
            Task<FenceStatus> wait = WaitAsync(fence, s_tick, round == 0 ? old.Token : default);
            if (round == 1)
            {
                old.Cancel();
            }

            _clock.Advance(s_tick / 2);
            Assert.False(wait.IsCompleted);
            _timeline.Signal(fence);
            Assert.Equal(FenceStatus.Signaled, Limit.On(wait));
        }
    }

    [Fact]
    public void Without_a_limit_and_a_token_it_waits_for_the_signal_only()
    {
        Fence fence = _timeline.Issue();
        Task<FenceStatus> wait = WaitAsync(fence, Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromDays(10_000));
        Assert.False(wait.IsCompleted);
        _timeline.Signal(fence);
        Assert.Equal(FenceStatus.Signaled, Limit.On(wait));
    }

    [Fact]
    public void The_continuation_of_a_timed_wait_goes_where_it_was_told_to()
    {
        QueueContext context = new();
        Fence fence = _timeline.Issue();
        Task<FenceStatus> captured = null!;
        Task<FenceStatus> pooled = null!;
        context.Enter(() =>
        {
            captured = AwaitAsync(fence.WaitAsync(s_tick));
            pooled = AwaitAsync(fence.WaitAsync(s_tick).ConfigureAwait(FenceContinuation.ThreadPool));
        });

        _clock.Advance(s_tick);

        Assert.Equal(FenceStatus.Pending, Limit.On(pooled));
        Assert.False(captured.IsCompleted);
        context.RunAll();
        Assert.Equal(FenceStatus.Pending, Limit.On(captured));
        Assert.Equal(0, context.Posted);

        static async Task<FenceStatus> AwaitAsync(FenceWaitAwaitable wait) => await wait;
    }

    [Fact]
    public void The_timer_does_not_carry_the_async_locals_of_the_wait_that_made_it()
    {
        FlowSensingClock clock = new();
        using FenceTimeline timeline = new("flow", new FenceTimelineOptions { TimeProvider = clock });

        _ = WaitAsync(timeline.Issue(), s_tick);

        Assert.True(clock.WasSuppressed);
    }

    private static async Task<FenceStatus> WaitAsync(Fence fence, TimeSpan timeout, CancellationToken token = default) =>
        await fence.WaitAsync(timeout, token).ConfigureAwait(FenceContinuation.Inline);

    private sealed class FlowSensingClock : TimeProvider
    {
        internal bool WasSuppressed { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            WasSuppressed = ExecutionContext.IsFlowSuppressed();
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
