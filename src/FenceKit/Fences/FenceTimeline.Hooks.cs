// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// What a driver may add: arming on the first waiter, reading the hardware's counter, hearing of deadlines; and what watches over it.
public partial class FenceTimeline
{
    private readonly FenceTimelineOptions _options;
    private readonly FenceAbandonSentinel? _sentinel;
    private readonly FenceWatchdog? _watchdog;

    private ulong _deadlineTarget;               // under the lock bit; 0 for none
    private long _deadline;                      // under the lock bit

    /// <summary>Takes over what the driver knows: signals the points that <see cref="OnPoll"/> reports.</summary>
    /// <returns>True if the counter moved.</returns>
    /// <remarks>
    /// For drivers without interrupts, and for readers who would rather look once than wait: <see cref="Fence.IsSignaled"/> is pure and
    /// never asks. Callbacks run on this thread. Never blocks, unless the driver's hook does. What the hook throws is reported, see
    /// <see cref="CallbackFaulted"/>, and the answer is false: the caller is not the driver.
    /// </remarks>
    public bool TryPoll() => PollCore();

    /// <summary>The soonest time by which anybody who waits for a pending point has asked for it.</summary>
    /// <param name="timestamp">On the clock of the timeline, as <see cref="System.TimeProvider.GetTimestamp"/>.</param>
    /// <returns>False when there is none.</returns>
    public bool TryGetDeadline(out long timestamp)
    {
        ulong state = EnterLock();
        timestamp = _deadline;
        bool any = _deadlineTarget != 0 && !TimelineState.HasReached(state, _deadlineTarget);
        LeaveLock(state);
        return any;
    }

    /// <summary>
    /// Somebody is about to wait for <paramref name="point"/>, the first to wait for this point or a later one: make sure that it will
    /// be signaled, for instance by enabling an interrupt. As enable_signaling of dma_fence_ops.
    /// </summary>
    /// <param name="point">The point. Points up to it are wanted too.</param>
    /// <returns>False if the point is complete already: it is signaled at once. True otherwise.</returns>
    /// <remarks>
    /// Called on the waiter's thread, under no lock, before the waiter is in the list; at most once for a point, with rising points. It
    /// may call <see cref="Signal(ulong)"/> itself. It must not block. What it throws faults the point.
    /// </remarks>
    protected virtual bool OnEnableSignaling(ulong point) => _options.EnableSignaling?.Invoke(point) ?? true;

    /// <summary>Reads how far the work has come. Called by <see cref="TryPoll"/>.</summary>
    /// <returns>The last completed point; what was never issued is ignored.</returns>
    protected virtual ulong OnPoll() => _options.Poll?.Invoke() ?? Completed;

    /// <summary>Somebody needs <paramref name="point"/> sooner than anything asked for so far. A hint; may be ignored.</summary>
    /// <param name="point">The point.</param>
    /// <param name="timestamp">When, on the clock of the timeline; in the past for "at once".</param>
    /// <remarks>Called on the asking thread, under no lock. It must not block. What it throws is reported, not thrown at the caller.</remarks>
    protected virtual void OnDeadline(ulong point, long timestamp) => _options.DeadlineChanged?.Invoke(point, timestamp);

    /// <summary>The fences are made of other fences; code that flattens sets must not store them.</summary>
    internal virtual bool IsContainer => false;

    internal virtual bool PollCore()
    {
        ulong point;
        try
        {
            point = OnPoll();
        }
        catch (Exception exception)
        {
            ReportUserFault("a driver's poll", exception, this);
            return false;
        }

        point = Math.Min(point, Issued);
        return point > Completed && SignalCore(TimelineState.TargetOf(point));
    }

    /// <summary>A hint: when the clock or the driver throws, it is reported and the hint is lost, and nothing else.</summary>
    internal void SetDeadline(ulong target, TimeSpan fromNow)
    {
        try
        {
            TakeDeadline(target, fromNow);
        }
        catch (Exception exception)
        {
            ReportUserFault("a driver's deadline, or the clock", exception, this, TimelineState.PointOf(target));
        }
    }

    private void TakeDeadline(ulong target, TimeSpan fromNow)
    {
        double ticks = fromNow.TotalSeconds * TimeProvider.TimestampFrequency;
        long timestamp = TimeProvider.GetTimestamp() + (long)Math.Clamp(ticks, long.MinValue / 2, long.MaxValue / 2);
        ulong state = EnterLock();
        bool soonest = !TimelineState.HasReached(state, target)
            && (_deadlineTarget == 0 || TimelineState.HasReached(state, _deadlineTarget) || timestamp < _deadline);
        if (soonest)
        {
            _deadlineTarget = target;
            _deadline = timestamp;
        }

        LeaveLock(state);
        if (soonest)
        {
            OnDeadline(TimelineState.PointOf(target), timestamp);
        }
    }

    internal virtual bool FaultOverdue(ulong target, FenceTimeoutException error)
    {
        if (!FaultCore(target, error, poison: false))
        {
            return false;
        }

        FenceKitEventSource.Log.TellTimedOut(error.TimelineName, error.Message);
        return true;
    }

    internal string? FindIssuer(ulong point) => _issue.Issuers?.Find(point);

    /// <summary>Nobody can reach the timeline any more. On the finalizer thread, so the waiters' code runs elsewhere.</summary>
    internal void OnCollected()
    {
        ulong completed = Completed;
        ulong issued = Issued;
        if (completed >= issued)
        {
            return;
        }

        FenceAbandonedException error = FenceAbandonedException.ForCollected(Name, completed, issued, FindIssuer(completed + 1));
        FenceKitEventSource.Log.TellAbandoned(error.TimelineName, error.Message);
        InterruptShield.Queue(static work => work.Timeline.Poison(work.Error), (Timeline: this, Error: error), preferLocal: false);
    }

    private protected void ArmOnFirstWaiter() => _hot.ArmedTarget = 0;

    /// <summary>At most one caller per point, with rising points; the others need not wait for it.</summary>
    private void EnableSignaling(ulong target)
    {
        ulong armed = Volatile.Read(ref _hot.ArmedTarget);
        while (armed < target)
        {
            ulong seen = Interlocked.CompareExchange(ref _hot.ArmedTarget, target, armed);
            if (seen == armed)
            {
                FenceKitEventSource.Log.SignalingEnabled(Name, TimelineState.PointOf(target));
                CallEnableSignaling(target);
                return;
            }

            armed = seen;
        }
    }

    private void CallEnableSignaling(ulong target)
    {
        try
        {
            if (!OnEnableSignaling(TimelineState.PointOf(target)))
            {
                SignalCore(target);
            }
        }
        catch (Exception exception)
        {
            // The waiter has to hear of it, and nobody else would: it must not wait for a signal that cannot come.
            FaultCore(target, exception, poison: false);
        }
    }
}
