namespace FenceKit.Exploration;

/// <summary>Two devices with one pending fence each, a clock, and somebody who may cancel: what the waits for several fences meet.</summary>
internal sealed class ClockedDevices
{
    private bool _bothSignaledFirst; // before time was over, or before anybody canceled
    private bool _oneSignaledFirst;

    public ClockedDevices()
    {
        FenceTimelineOptions options = new() { TimeProvider = Clock, PoolProvider = new TwinPoolProvider() };
        First = new FenceTimeline("first", options);
        Second = new FenceTimeline("second", options);
        Fences = [First.Issue(), Second.Issue()];
    }

    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(1);

    public ManualClock Clock { get; } = new();

    public CancellationTokenSource Cancellation { get; } = new();

    public FenceTimeline First { get; }

    public FenceTimeline Second { get; }

    public Fence[] Fences { get; }

    public Exception Error { get; } = new InvalidOperationException("lost");

    public Flows Flows { get; } = new();

    public int Answers { get; private set; }

    public void SignalBoth()
    {
        First.Signal(1);
        Second.Signal(1, Error);
    }

    public void EndTime()
    {
        LookAtFences();
        Clock.Advance(Limit);
    }

    public void Cancel()
    {
        LookAtFences();
        Explored.Cancel(Cancellation);
    }

    public void WaitAny(TimeSpan limit) => Ask(() => Check(Fence.WaitAny(Fences, limit, Cancellation.Token), isAny: true), isAny: true);

    public void WaitAll(TimeSpan limit) => Ask(() => Check(Fence.WaitAll(Fences, limit, Cancellation.Token), isAny: false), isAny: false);

    public void AwaitAny(TimeSpan limit) => Flows.Start(async () =>
    {
        try
        {
            Check(await Fence.WaitAnyAsync(Fences, limit, Cancellation.Token).ConfigureAwait(FenceContinuation.Inline), isAny: true);
        }
        catch (OperationCanceledException)
        {
            CheckCanceled(isAny: true);
        }
    });

    public void AwaitAll(TimeSpan limit) => Flows.Start(async () =>
    {
        try
        {
            Check(await Fence.WaitAllAsync(Fences, limit, Cancellation.Token).ConfigureAwait(FenceContinuation.Inline), isAny: false);
        }
        catch (OperationCanceledException)
        {
            CheckCanceled(isAny: false);
        }
    });

    /// <summary>One answer, and nothing of the wait has stayed behind: a later callback is the only one in its list.</summary>
    public void CheckAtRest()
    {
        SignalBoth();
        Clock.Advance(Limit);
        Flows.CheckOver();
        Assert.Equal(1, Answers);
        foreach (FenceTimeline timeline in (FenceTimeline[])[First, Second])
        {
            CountingCallback late = new();
            Assert.True(timeline.Issue().TryAddCallback(late));
            Assert.True(timeline.Signal(2));
            Assert.Equal(1, late.Runs);
        }
    }

    public void Check(FenceWaitResult result, bool isAny)
    {
        Answers++;
        if (result.IsTimeout)
        {
            Assert.True(Clock.GetElapsedTime(0) >= Limit, "gave up before its time was over");
            Assert.False(isAny ? _oneSignaledFirst : _bothSignaledFirst, "said that time was over although the fences had signaled before");
            return;
        }

        Assert.Equal(isAny && result.Index == 0 ? FenceStatus.Signaled : FenceStatus.Faulted, result.Status);
        Assert.Same(isAny && result.Index == 0 ? null : Error, result.Error);
        Assert.True(Fences[result.Index].IsSignaled);
        Assert.True(isAny || Fences[0].IsSignaled, "all, but one is pending");
    }

    private void Ask(Action wait, bool isAny)
    {
        try
        {
            wait();
        }
        catch (OperationCanceledException)
        {
            CheckCanceled(isAny);
        }
    }

    private void CheckCanceled(bool isAny)
    {
        Answers++;
        Assert.True(Cancellation.IsCancellationRequested, "canceled by nobody");
        Assert.False(isAny ? _oneSignaledFirst : _bothSignaledFirst, "canceled although the fences had signaled before");
    }

    private void LookAtFences()
    {
        bool first = Fences[0].IsSignaled;
        bool second = Fences[1].IsSignaled;
        _oneSignaledFirst = first || second;
        _bothSignaledFirst = first && second;
    }
}
