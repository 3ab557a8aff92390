// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Waiting until all of several fences are complete.</summary>
public class WaitAllTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly FenceTimeline[] _timelines;

    public WaitAllTests() =>
        _timelines = [.. Enumerable.Range(0, 100).Select(i => new FenceTimeline($"device {i}", new FenceTimelineOptions { TimeProvider = _clock }))];

    public static TheoryData<bool> SyncAndAsync => [false, true];

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void The_wait_is_over_with_the_last_of_a_hundred(bool asynchronous)
    {
        Task<FenceWaitResult> wait = Start(Issue(100), Timeout.InfiniteTimeSpan, asynchronous);
        UntilWatched(99);
        for (int i = 99; i > 0; i--)
        {
            _timelines[i].Signal(1);
        }

        Assert.False(wait.IsCompleted);
        _timelines[0].Signal(1);
        Assert.Equal((FenceStatus.Signaled, -1), (Limit.On(wait).Status, Limit.On(wait).Index));
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void The_first_fault_is_the_answer_but_the_wait_goes_on_to_the_last(bool asynchronous)
    {
        InvalidOperationException first = new("first");
        Task<FenceWaitResult> wait = Start(Issue(3), Timeout.InfiniteTimeSpan, asynchronous);
        UntilWatched(2);

        _timelines[2].Signal(1, first);
        _timelines[0].Signal(1, new InvalidOperationException("second"));
        Assert.False(wait.IsCompleted);
        _timelines[1].Signal(1);

        FenceWaitResult result = Limit.On(wait);
        Assert.Equal((FenceStatus.Faulted, 2), (result.Status, result.Index));
        Assert.Same(first, result.Error);
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void When_time_runs_out_the_answer_names_the_first_that_is_pending(bool asynchronous)
    {
        Task<FenceWaitResult> wait = Start(Issue(4), s_tick, asynchronous);
        _clock.UntilTimerIsSet();
        _timelines[0].Signal(1);
        _timelines[3].Signal(1);

        _clock.Advance(s_tick);

        Assert.Equal((FenceStatus.Pending, 1), (Limit.On(wait).Status, Limit.On(wait).Index));
        AssertQuiet();
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void A_fault_before_the_wait_counts_and_so_does_an_outcome_that_was_forgotten(bool asynchronous)
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Issue(3);
        forgetful.Signal(1, new InvalidOperationException());
        forgetful.Signal(2, new InvalidOperationException());
        InvalidOperationException error = new();
        Fence[] fences = Issue(2);
        _timelines[0].Signal(1, error);

        Task<FenceWaitResult> faulted = Start(fences, s_tick, asynchronous);
        Task<FenceWaitResult> retired = Start([forgetful.GetFence(1), fences[1]], s_tick, asynchronous);
        Assert.Equal(FenceStatus.Retired, Limit.On(Start([forgetful.GetFence(1), default], s_tick, asynchronous)).Status);
        UntilWatched(1);
        _timelines[1].Signal(1);

        Assert.Same(error, Limit.On(faulted).Error);
        Assert.Equal(0, Limit.On(faulted).Index);
        Assert.Equal(FenceStatus.Retired, Limit.On(retired).Status);
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void A_fault_that_its_timeline_forgets_during_the_wait_is_not_lost(bool asynchronous)
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        forgetful.Issue(3);
        InvalidOperationException error = new();
        Task<FenceWaitResult> wait = Start([forgetful.GetFence(1), Issue(1)[0]], Timeout.InfiniteTimeSpan, asynchronous);
        UntilWatched(0);

        forgetful.Signal(1, error);
        forgetful.Signal(2, new InvalidOperationException());
        forgetful.Signal(3, new InvalidOperationException());
        Assert.Equal(FenceStatus.Retired, forgetful.GetFence(1).Status);
        _timelines[0].Signal(1);

        Assert.Same(error, Limit.On(wait).Error);
    }

    [Theory]
    [MemberData(nameof(SyncAndAsync))]
    public void Canceling_ends_the_wait_and_leaves_nothing_behind(bool asynchronous)
    {
        using CancellationTokenSource cancellation = new();
        Task<FenceWaitResult> wait = Start(Issue(5), Timeout.InfiniteTimeSpan, asynchronous, cancellation.Token);
        UntilWatched(4);
        _timelines[2].Signal(1);

        cancellation.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => Limit.On(wait));
        AssertQuiet();
    }

    [Fact]
    public void All_of_none_is_complete_at_once()
    {
        Assert.Equal(FenceStatus.Signaled, Fence.WaitAll([]).Status);
        Assert.True(Fence.WaitAllAsync([]).GetAwaiter().IsCompleted);
        Assert.Equal((FenceStatus.Pending, 1), (Fence.WaitAll([default, _timelines[0].Issue()], TimeSpan.Zero).Status, 1));
    }

    [Theory] // Kernel scenarios 21 to 23: wait_forward, wait_backward, wait_random.
    [InlineData("forward")]
    [InlineData("backward")]
    [InlineData("shuffled")]
    public void Four_thousand_fences_may_complete_in_any_order(string order)
    {
        using FencePool pool = new("pool", 4096);
        FenceSource[] sources = new FenceSource[4096];
        for (int i = 0; i < sources.Length; i++)
        {
            Assert.True(pool.TryRent(out sources[i]));
        }

        Fence[] fences = [.. sources.Select(source => source.Fence)];
        Task<FenceWaitResult> wait = Start(fences, Timeout.InfiniteTimeSpan, asynchronous: true);
        switch (order)
        {
            case "backward":
                Array.Reverse(sources);
                break;
            case "shuffled":
                new Random(7).Shuffle(sources);
                break;
        }

        for (int i = 0; i < sources.Length; i++)
        {
            Assert.False(wait.IsCompleted);
            Assert.True(sources[i].TrySignal());
        }

        Assert.Equal(FenceStatus.Signaled, Limit.On(wait).Status);
        Assert.Equal(4096, pool.Available);
    }

    private static Task<FenceWaitResult> Start(
        Fence[] fences, TimeSpan timeout, bool asynchronous, CancellationToken token = default) => asynchronous
        ? AwaitAsync(Fence.WaitAllAsync(fences, timeout, token))
        : Task.Factory.StartNew(
            () => Fence.WaitAll(fences, timeout, token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task<FenceWaitResult> AwaitAsync(FenceSetAwaitable wait) => await wait.ConfigureAwait(FenceContinuation.ThreadPool);

    private Fence[] Issue(int count) => [.. _timelines.Take(count).Select(timeline => timeline.Issue())];

    private void UntilWatched(int last) => Limit.Until(() => _timelines[last].HasCallbacks(), "Adding the last node");

    private void AssertQuiet() => Array.ForEach(_timelines, TimelineProbe.AssertNoNodeLeft);
}
