// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Waiting for the first of several fences, with a blocked thread and without.</summary>
public class WaitAnyTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly FenceTimeline[] _timelines;

    public WaitAnyTests() =>
        _timelines = [.. Enumerable.Range(0, 100).Select(i => new FenceTimeline($"device {i}", new FenceTimelineOptions { TimeProvider = _clock }))];

    public static TheoryData<bool> SyncAndAsync => [false, true];

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void The_one_that_signals_wins_by_its_position_among_a_hundred(bool asynchronous)
    {
        Fence[] fences = Issue(100);
        Task<FenceWaitResult> wait = Start(fences, Timeout.InfiniteTimeSpan, asynchronous);
        UntilWatched(99);

        _timelines[77].Signal(1);

        FenceWaitResult result = Limit.On(wait);
        Assert.Equal((FenceStatus.Signaled, 77), (result.Status, result.Index));
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void A_fault_wins_too_and_comes_with_its_error(bool asynchronous)
    {
        InvalidOperationException error = new("lost");
        Task<FenceWaitResult> wait = Start(Issue(3), Timeout.InfiniteTimeSpan, asynchronous);
        UntilWatched(2);

        _timelines[1].Signal(1, error);

        FenceWaitResult result = Limit.On(wait);
        Assert.Equal((FenceStatus.Faulted, 1), (result.Status, result.Index));
        Assert.Same(error, result.Error);
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void Of_those_complete_at_the_call_the_first_position_wins(bool asynchronous)
    {
        Fence[] fences = Issue(4);
        _timelines[3].Signal(1);
        _timelines[2].Signal(1);

        Assert.Equal(2, Limit.On(Start(fences, s_tick, asynchronous)).Index);
        Assert.Equal(1, Limit.On(Start([fences[0], default, fences[2]], s_tick, asynchronous)).Index);
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void When_time_runs_out_the_answer_is_pending_and_nothing_stays_behind(bool asynchronous)
    {
        Task<FenceWaitResult> wait = Start(Issue(5), s_tick, asynchronous);
        _clock.UntilTimerIsSet();
        Assert.False(wait.IsCompleted);

        _clock.Advance(s_tick);

        FenceWaitResult result = Limit.On(wait);
        Assert.Equal((FenceStatus.Pending, -1, true), (result.Status, result.Index, result.IsTimeout));
        Assert.Equal(0, _clock.ActiveTimers);
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void Canceling_ends_the_wait_and_leaves_nothing_behind(bool asynchronous)
    {
        using CancellationTokenSource cancellation = new();
        Task<FenceWaitResult> wait = Start(Issue(5), Timeout.InfiniteTimeSpan, asynchronous, cancellation.Token);
        UntilWatched(4);

        cancellation.Cancel();

        OperationCanceledException exception = Assert.Throws<OperationCanceledException>(() => Limit.On(wait));
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void A_complete_fence_wins_over_a_token_canceled_before(bool asynchronous)
    {
        Fence[] fences = Issue(2);
        CancellationToken canceled = new(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => Limit.On(Start(fences, s_tick, asynchronous, canceled)));

        _timelines[1].Signal(1);
        Assert.Equal(1, Limit.On(Start(fences, s_tick, asynchronous, canceled)).Index);
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void Zero_polls(bool asynchronous)
    {
        Fence[] fences = Issue(2);
        Assert.True(Limit.On(Start(fences, TimeSpan.Zero, asynchronous)).IsTimeout);
        _timelines[1].Signal(1);
        Assert.Equal(1, Limit.On(Start(fences, TimeSpan.Zero, asynchronous)).Index);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void The_same_fence_may_stand_in_the_set_twice(bool asynchronous)
    {
        Fence fence = _timelines[0].Issue();
        Task<FenceWaitResult> wait = Start([fence, fence], Timeout.InfiniteTimeSpan, asynchronous);
        UntilWatched(0);

        _timelines[0].Signal(fence);

        Assert.Equal(0, Limit.On(wait).Index);
        AssertQuiet();
    }

    [Fact]
    public void One_signal_that_completes_several_members_of_one_timeline_lets_the_next_wait_go_on_at_once()
    {
        for (int i = 0; i < 1_000; i++)
        {
            Fence last = _timelines[0].Issue(8);
            Fence[] fences = [.. Enumerable.Range(0, 8).Select(back => _timelines[0].GetFence(last.Point - (ulong)back))];
            Task<FenceWaitResult> wait = Start(fences, Timeout.InfiniteTimeSpan, asynchronous: true);
            _timelines[0].Signal(last);
            Assert.Equal(FenceStatus.Signaled, Limit.On(wait).Status);
        }

        AssertQuiet();
    }

    [Fact]
    public void A_member_that_signals_as_the_time_expires_counts()
    {
        // The winner's node has left its list, but stands behind a callback that moves the clock past the limit.
        Fence[] fences = Issue(2);
        RecordingCallback late = new(() => _clock.Advance(2 * s_tick));
        Assert.True(fences[1].TryAddCallback(late));
        Task<FenceWaitResult> wait = Start(fences, s_tick, asynchronous: true);

        _timelines[1].Signal(1);

        Assert.Equal((FenceStatus.Signaled, 1), (Limit.On(wait).Status, Limit.On(wait).Index));
        AssertQuiet();
    }

    [Fact]
    public void An_empty_set_is_refused()
    {
        Assert.Throws<ArgumentException>("fences", () => Fence.WaitAny([]));
        Assert.Throws<ArgumentException>("fences", () => Fence.WaitAnyAsync([]));
        Assert.Throws<ArgumentOutOfRangeException>("timeout", () => Fence.WaitAny([default], TimeSpan.FromTicks(-2)));
        Assert.Throws<ArgumentOutOfRangeException>("timeout", () => Fence.WaitAnyAsync([default], TimeSpan.FromDays(50)));
    }

    [Fact]
    public async Task Awaiting_a_second_time_throws_and_disturbs_nobody()
    {
        Fence[] fences = Issue(2);
        FenceSetAwaitable wait = Fence.WaitAnyAsync(fences);
        Task<FenceWaitResult> first = AwaitAsync(wait);
        _timelines[0].Signal(1);
        Assert.Equal(0, (await Limit.OnAsync(first)).Index);

        Fence[] others = [_timelines[0].Issue(), _timelines[1].Issue()];
        Task<FenceWaitResult> second = AwaitAsync(Fence.WaitAnyAsync(others)); // the same pooled state, most likely
        await Assert.ThrowsAsync<InvalidOperationException>(() => AwaitAsync(wait));
        Assert.Throws<InvalidOperationException>(() => wait.GetAwaiter().GetResult());
        Assert.False(second.IsCompleted);
        _timelines[1].Signal(2);
        Assert.Equal(1, (await Limit.OnAsync(second)).Index);
    }

    [Fact]
    public void The_result_can_be_asked_for_without_an_await()
    {
        Fence[] fences = Issue(2);
        FenceSetAwaitable awaiter = Fence.WaitAnyAsync(fences, s_tick).GetAwaiter();
        Assert.False(awaiter.IsCompleted);
        Task<FenceWaitResult> asked = Task.Run(awaiter.GetResult);
        UntilWatched(1);
        _timelines[1].Signal(1);
        Assert.Equal(1, Limit.On(asked).Index);
        AssertQuiet();
    }

    [Theory]
    [InlineData(FenceContinuation.Inline, true)]
    [InlineData(FenceContinuation.ThreadPool, false)]
    public void The_code_after_the_await_runs_where_it_was_told_to(FenceContinuation place, bool inline)
    {
        Fence[] fences = Issue(2);
        Task<int> thread = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap();
        UntilWatched(1);

        int signaler = 0;
        TestThread.Run(() =>
        {
            signaler = Environment.CurrentManagedThreadId;
            _timelines[1].Signal(1);
        });

        Assert.Equal(inline, Limit.On(thread) == signaler);

        async Task<int> RunAsync()
        {
            await Fence.WaitAnyAsync(fences).ConfigureAwait(place);
            return Environment.CurrentManagedThreadId;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void By_default_the_code_after_the_await_runs_in_the_captured_context(bool isAny)
    {
        Fence[] fences = Issue(2);
        QueueContext context = new();
        SynchronizationContext? after = null;
        Task wait = Task.CompletedTask;
        context.Enter(() => wait = RunAsync());

        _timelines[0].Signal(1);
        _timelines[1].Signal(1);

        Limit.Until(() => context.Posted > 0, "The post to the captured context");
        Assert.False(wait.IsCompleted);
        context.RunAll();
        Limit.On(wait);
        Assert.Same(context, after);
        AssertQuiet();

        async Task RunAsync()
        {
            await (isAny ? Fence.WaitAnyAsync(fences) : Fence.WaitAllAsync(fences));
            after = SynchronizationContext.Current;
        }
    }

    [Fact]
    public void A_wait_that_has_a_complete_member_is_over_before_it_begins()
    {
        Fence[] fences = Issue(2);
        Assert.False(Fence.WaitAnyAsync(fences).GetAwaiter().IsCompleted);
        _timelines[1].Signal(1);

        FenceSetAwaitable awaiter = Fence.WaitAnyAsync(fences).GetAwaiter();

        Assert.True(awaiter.IsCompleted);
        FenceWaitResult result = Ask(awaiter);
        Assert.Equal((FenceStatus.Signaled, 1), (result.Status, result.Index));

        static FenceWaitResult Ask(FenceSetAwaitable awaiter) => awaiter.GetResult();
    }

    [Fact]
    public void Waiters_signalers_and_cancelers_race_and_nothing_stays_behind()
    {
        const int Rounds = 2_000;
        FenceTimeline a = _timelines[0];
        FenceTimeline b = _timelines[1];
        a.Issue(Rounds);
        b.Issue(Rounds);
        ulong turn = 0;
        int wins = 0;
        int cancels = 0;
        CancellationTokenSource cancellation = new();
        using Barrier round = new(3);

        TestThread.RunTogether(
            () =>
            {
                for (ulong i = 1; i <= Rounds; i++)
                {
                    cancellation = new CancellationTokenSource();
                    Volatile.Write(ref turn, i);
                    Limit.On(round);
                    try
                    {
                        FenceWaitResult result = Fence.WaitAny([a.GetFence(i), b.GetFence(i)], cancellation.Token);
                        Assert.Equal(FenceStatus.Signaled, result.Status);
                        Assert.True((result.Index == 0 ? a : b).GetFence(i).IsSignaled);
                        wins++;
                    }
                    catch (OperationCanceledException)
                    {
                        cancels++;
                    }

                    Limit.On(round);
                }
            },
            () => Repeat(i =>
            {
                a.Signal(i);
                b.Signal(i);
            }),
            () => Repeat(_ => cancellation.Cancel()));

        Assert.Equal(Rounds, wins + cancels);
        AssertQuiet();

        void Repeat(Action<ulong> action)
        {
            for (ulong i = 1; i <= Rounds; i++)
            {
                Limit.On(round);
                action(i);
                Limit.On(round);
            }
        }
    }

    private static Task<FenceWaitResult> Start(
        Fence[] fences, TimeSpan timeout, bool asynchronous, CancellationToken token = default) =>
        asynchronous ? AwaitAsync(Fence.WaitAnyAsync(fences, timeout, token)) : OnThread(() => Fence.WaitAny(fences, timeout, token));

    private static Task<FenceWaitResult> OnThread(Func<FenceWaitResult> wait) =>
        Task.Factory.StartNew(wait, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task<FenceWaitResult> AwaitAsync(FenceSetAwaitable wait) => await wait.ConfigureAwait(FenceContinuation.ThreadPool);

    private Fence[] Issue(int count) => [.. _timelines.Take(count).Select(timeline => timeline.Issue())];

    private void UntilWatched(int last) => Limit.Until(() => _timelines[last].HasCallbacks(), "Adding the last node");

    private void AssertQuiet() => Array.ForEach(_timelines, TimelineProbe.AssertNoNodeLeft);
}
