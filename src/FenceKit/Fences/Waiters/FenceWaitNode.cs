// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The pooled node behind an <c>await</c> with a time limit.</summary>
/// <remarks>
/// Three parties may end the wait: the signaler, the timer, the canceler. The list of the timeline is the judge: the party that takes the
/// node out of it has won, under the lock bit, and there is exactly one. A timer may also come late, when the node already serves another wait; it
/// reads the round (<see cref="CallbackState.Round"/>) first, looks whether that round is really due, and removes the node only if it is
/// still in that same round.
/// </remarks>
internal sealed class FenceWaitNode(FenceWaiterPools pools) : FenceAwaitNode(pools)
{
    private ITimer? _timer;
    private TimeProvider? _clock;
    private long _deadline;

    // Both the thread that arms (the timer is set last) and the party that ends the wait come here; the later one runs the continuation, so the
    // node cannot go back to the pool while it is still being armed.
    private int _arrivals;

    /// <summary>Begins the wait of a node that has its continuation.</summary>
    /// <param name="fence">What is waited for.</param>
    /// <param name="deadline">On the clock of the timeline, see <see cref="WaitDeadline"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal void Arm(Fence fence, long deadline, CancellationToken cancellationToken)
    {
        _deadline = deadline;
        _arrivals = 0;
        if (fence.Timeline is not { } timeline)
        {
            DeliverAtOnce(fence);
            return;
        }

        SetRegistration(cancellationToken.CanBeCanceled ? Register(timeline, cancellationToken) : default, cancellationToken);
        long round = FenceTimeline.NotAdded;
        if (!cancellationToken.IsCancellationRequested)
        {
            round = timeline.Add(this, fence.Target);
        }

        if (round == FenceTimeline.NotAdded)
        {
            DeliverAtOnce(fence);
            return;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            OnCanceled(cancellationToken); // it may have been while the node was not in the list yet
        }

        if (!TryStartTimer(timeline.TimeProvider))
        {
            EndOverdue(timeline, round);
        }

        Arrive();
    }

    internal override void Deliver(ref ContinuationBatch continuations)
    {
        if (IsLastToArrive())
        {
            Dispatch(ref continuations);
        }
    }

    protected override void OnSignaled(FenceStatus status, Exception? fault) => Arrive();

    protected override void Return()
    {
        StopTimer();
        Pools.Return(this);
    }

    protected override void EndEarly(FenceKitCounter reason)
    {
        FenceKitMeter.Count(reason);
        Arrive();
    }

    private bool IsLastToArrive() => Interlocked.Increment(ref _arrivals) == 2;

    private void Arrive()
    {
        if (IsLastToArrive())
        {
            Dispatch();
        }
    }

    private void OnTimer()
    {
        long round = State.Round;
        FenceTimeline? timeline = Timeline;
        if (timeline is null || !CallbackState.IsQueuedIn(round))
        {
            return;
        }

        if (!TryPostpone(timeline, round))
        {
            EndOverdue(timeline, round);
        }
    }

    /// <summary>
    /// The time is over; or the clock or the timer of a user threw, so that nobody could tell any more when it is. The awaiter asks the clock then,
    /// and hears what it throws.
    /// </summary>
    private void EndOverdue(FenceTimeline timeline, long round)
    {
        if (timeline.TryRemove(this, round))
        {
            EndEarly(IsCanceled ? FenceKitCounter.WaitsCanceled : FenceKitCounter.WaitsTimedOut);
        }
    }

    /// <summary>Starts the timer. Called by the thread that arms, which has the node to itself until <see cref="Arrive"/>.</summary>
    /// <returns>False when the clock or the timer of a user threw, which is reported.</returns>
    private bool TryStartTimer(TimeProvider clock)
    {
        try
        {
            TimeSpan due = WaitDeadline.Left(clock, _deadline);
            ITimer? timer = _timer;
            if (timer is null || _clock != clock)
            {
                timer?.Dispose();
                timer = CreateUnflowedTimer(clock);
                _clock = clock;
                Volatile.Write(ref _timer, timer); // pairs with the read in Postpone
            }

            timer.ChangeShielded(due);
            return true;
        }
        catch (Exception exception)
        {
            DropTimer(exception);
            return false;
        }
    }

    /// <summary>Drops the timer, so that the next wait makes a new one. Called by the thread that has the node to itself.</summary>
    private void DropTimer(Exception exception)
    {
        Volatile.Write(ref _timer, null); // pairs with the read in Postpone
        ReportClock(exception);
    }

    private void ReportClock(Exception exception) =>
        FenceTimeline.ReportUserFault("the clock of a timed wait", exception, Timeline, TimelineState.PointOf(Target));

    /// <returns>False when the time is over, or the clock or the timer of a user threw, which is reported.</returns>
    private bool TryPostpone(FenceTimeline timeline, long round)
    {
        try
        {
            TimeSpan left = WaitDeadline.Left(timeline.TimeProvider, _deadline);
            if (left > TimeSpan.Zero)
            {
                Postpone(round, left);
            }

            return left > TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            ReportClock(exception);
            return false;
        }
    }

    /// <summary>
    /// Timers count coarse ticks and may fire a little before the clock says so. The timer is a user's, perhaps, and may fire inside its own
    /// Change: no lock is held over it. So a look that comes late may overwrite the due time of another wait, and finds that out:
    /// <code>
    /// a late look at round n                 the next wait
    /// ----------------------                 -------------
    ///                                        round = n + 1, queued      (store)
    /// Change(left of round n)                Change(due)
    /// still queued in round n?  no  (load)
    /// Change(at once)                        the timer fires: left of round n + 1, or nobody waits
    /// </code>
    /// A node is queued before its timer is set, so whatever the order of the first two calls, the last one leads to the right due time.
    /// </summary>
    private void Postpone(long round, TimeSpan left)
    {
        ITimer? timer = Volatile.Read(ref _timer);
        timer?.ChangeShielded(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)));
        if (!State.IsStillQueued(round))
        {
            timer?.ChangeShielded(TimeSpan.Zero);
        }
    }

    private void StopTimer()
    {
        try
        {
            _timer?.ChangeShielded(Timeout.InfiniteTimeSpan);
        }
        catch (Exception exception)
        {
            DropTimer(exception); // the wait is over: its continuation must run all the same
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
