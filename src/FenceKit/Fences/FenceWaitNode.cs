// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The pooled node behind an <c>await</c> with a time limit or a token.</summary>
/// <remarks>
/// Three parties may end the wait: the signaler, the timer, the canceler. The list of the timeline is the judge: whoever takes the node
/// out of it has won, under the gate, and there is exactly one. Timer and token may also come late, when the node already serves
/// another wait; they read the round (<see cref="FenceCallback.Word"/>) first, look whether that round is really due, and remove the
/// node only if it is still in that same round.
/// </remarks>
internal sealed class FenceWaitNode(FenceWaiterPools pools) : FenceAwaitNode(pools)
{
    private readonly Lock _timerGate = new();
    private ITimer? _timer;
    private TimeProvider? _clock;
    private TimeSpan _timeout;
    private long _start;
    private bool _limited;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    // With a timer, both the one who arms (the timer is set last) and the one who ends the wait come here; the later one runs the
    // continuation, so the node cannot go back to the pool while it is still being armed. Without one, nothing follows the add.
    private int _arrivals;

    /// <summary>Begins the wait of a node that has its continuation.</summary>
    /// <param name="fence">What is waited for.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="start">Since when, on the clock of the timeline.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal void Arm(Fence fence, TimeSpan timeout, long start, CancellationToken cancellationToken)
    {
        bool limited = timeout != Timeout.InfiniteTimeSpan;
        _limited = limited;
        _timeout = timeout;
        _start = start;
        _token = cancellationToken;
        _arrivals = 0;
        FenceTimeline? timeline = fence.Timeline;
        if (cancellationToken.CanBeCanceled)
        {
            // Before the add, after which the node may serve others. Canceled until then, OnCanceled finds nothing to remove.
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((FenceWaitNode)state!).OnCanceled(token), this);
        }

        long word = timeline is null ? FenceTimeline.NotAdded : timeline.AddRound(this, fence.Target);
        if (word == FenceTimeline.NotAdded)
        {
            _limited = false; // no timer will be set
            DeliverAtOnce(fence);
            return;
        }

        if (cancellationToken.CanBeCanceled)
        {
            // Canceling sets a flag (with a full fence) and then calls us; we stand in the list and then look at the flag. With the fence
            // between the two, either OnCanceled finds the node or we see the flag; both may, and the list has one winner.
            Interlocked.MemoryBarrier();
            if (cancellationToken.IsCancellationRequested && timeline!.TryRemoveRound(this, word))
            {
                EndEarly(FenceKitCounter.WaitsCanceled);
            }
        }

        if (limited)
        {
            StartTimer(timeline!.TimeProvider, timeout);
            Arrive();
        }
    }

    internal override void Deliver(ref FenceHandOff handOff)
    {
        if (IsLastToArrive())
        {
            Dispatch(ref handOff);
        }
    }

    protected override void OnSignaled(FenceStatus status, Exception? fault) => Arrive();

    protected override void Return()
    {
        // Unregister does not wait: a callback under way finds another round and goes away.
        _registration.Unregister();
        _registration = default;
        _token = default;
        if (_limited)
        {
            StopTimer();
        }

        Pools.Return(this);
    }

    private bool IsLastToArrive() => !_limited || Interlocked.Increment(ref _arrivals) == 2;

    private void Arrive()
    {
        if (IsLastToArrive())
        {
            Dispatch();
        }
    }

    private void OnCanceled(CancellationToken token)
    {
        long word = Word;
        FenceTimeline? timeline = Timeline;
        if (timeline is not null && token == _token && timeline.TryRemoveRound(this, word))
        {
            EndEarly(FenceKitCounter.WaitsCanceled);
        }
    }

    private void OnTimer()
    {
        long word = Word;
        FenceTimeline? timeline = Timeline;
        if (timeline is null || !IsQueuedWord(word) || !_limited)
        {
            return;
        }

        TimeSpan left = _timeout - timeline.TimeProvider.GetElapsedTime(_start);
        if (left > TimeSpan.Zero)
        {
            Postpone(word, left);
        }
        else if (timeline.TryRemoveRound(this, word))
        {
            EndEarly(_token.IsCancellationRequested ? FenceKitCounter.WaitsCanceled : FenceKitCounter.WaitsTimedOut);
        }
    }

    /// <summary>The node has left the list by time or by token; a token that was canceled is the better reason.</summary>
    private void EndEarly(FenceKitCounter reason)
    {
        FenceKitMeter.Count(reason);
        Arrive();
    }

    private void StartTimer(TimeProvider clock, TimeSpan due)
    {
        _timerGate.EnterShielded();
        try
        {
            if (_timer is null || _clock != clock)
            {
                _timer?.Dispose();
                _clock = clock;
                _timer = CreateUnflowedTimer(clock);
            }

            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _timerGate.Exit();
        }
    }

    /// <summary>
    /// Timers count coarse ticks and may fire a little before the clock says so. Under the timer's gate, so that this cannot overwrite
    /// the due time of a later round.
    /// </summary>
    private void Postpone(long word, TimeSpan left)
    {
        _timerGate.EnterShielded();
        try
        {
            if (IsStillQueued(word))
            {
                _timer!.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }
        }
        finally
        {
            _timerGate.Exit();
        }
    }

    private void StopTimer()
    {
        _timerGate.EnterShielded();
        try
        {
            _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            _timerGate.Exit();
        }
    }

    /// <summary>The timer outlives the wait that makes it, so it must not carry that caller's async-locals.</summary>
    private ITimer CreateUnflowedTimer(TimeProvider clock)
    {
        TimerCallback callback = static state => ((FenceWaitNode)state!).OnTimer();
        if (ExecutionContext.IsFlowSuppressed())
        {
            return clock.CreateTimer(callback, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return clock.CreateTimer(callback, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
