// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The pooled waiter node of an <c>await</c> with a time limit.</summary>
/// <remarks>
/// Three parties may end the wait: the signaler, the timer and the canceler. The one that takes the node out of the list, under the lock bit,
/// ends it. A timer may fire late, when the node serves another wait already. So it reads the round (<see cref="CallbackState.Round"/>)
/// first, checks whether that round is really due, and removes the node only if it is still in the same round.
/// </remarks>
internal sealed class FenceWaitNode(FenceWaiterPools pools) : FenceAwaitNode(pools)
{
    private ITimer? _timer;
    private TimeProvider? _clock;
    private long _deadline;

    // Counts the thread that arms the node, after it has set the timer, and the party that ends the wait. The second of the two runs the
    // continuation, so the node is not returned to the pool while it is still being armed.
    private int _arrivals;

    /// <summary>Begins the wait. The continuation is set already.</summary>
    /// <param name="fence">The fence to wait for.</param>
    /// <param name="deadline">The deadline on the clock of the timeline; see <see cref="WaitDeadline"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
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
            OnCanceled(cancellationToken); // the token may have been canceled before the node was added
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
    /// Ends the wait because the time has run out, or because a user's clock or timer threw. In the latter case the awaiter reads the clock,
    /// and gets its exception.
    /// </summary>
    private void EndOverdue(FenceTimeline timeline, long round)
    {
        if (timeline.TryRemove(this, round))
        {
            EndEarly(IsCanceled ? FenceKitCounter.WaitsCanceled : FenceKitCounter.WaitsTimedOut);
        }
    }

    /// <summary>Starts the timer. Called by the thread that arms the node, which owns it until <see cref="Arrive"/>.</summary>
    /// <returns>False when a user's clock or timer threw; the exception is reported.</returns>
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

    /// <summary>Drops the timer, so that the next wait creates a new one. Called by the thread that owns the node.</summary>
    private void DropTimer(Exception exception)
    {
        Volatile.Write(ref _timer, null); // pairs with the read in Postpone
        ReportClock(exception);
    }

    private void ReportClock(Exception exception) =>
        FenceTimeline.ReportUserFault("the clock of a timed wait", exception, Timeline, TimelineState.PointOf(Target));

    /// <returns>False when the time has run out, or a user's clock or timer threw; the exception is reported.</returns>
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
    /// Sets the timer again after it has fired a little early, since timers count coarse ticks. The timer may be user code, and may fire
    /// inside Change, so no lock is held. So a late call may overwrite the due time of another wait, but it detects that:
    /// <code>
    /// a late call for round n                the next wait
    /// ----------------------                 -------------
    ///                                        round = n + 1, queued      (store)
    /// Change(left of round n)                Change(due)
    /// still queued in round n?  no  (load)
    /// Change(at once)                        the timer fires: sets it for round n + 1, or nobody waits
    /// </code>
    /// A node is queued before its timer is set, so in any order of the first two calls the last one leads to the right due time.
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
            DropTimer(exception); // the wait has ended, and its continuation must run nevertheless
        }
    }

    /// <summary>Creates the timer without the ExecutionContext of the caller, because it outlives the wait.</summary>
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
