// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// Hooks for drivers: enabling signaling for the first waiter, polling the hardware, and deadlines. Also the watchdog, and the end of an
// abandoned timeline.
public partial class FenceTimeline
{
    private readonly FenceTimelineOptions _options;
    private readonly FenceAbandonSentinel? _sentinel;
    private readonly FenceWatchdog? _watchdog;

    private ulong _deadlineTarget;               // under the lock bit; 0 for none
    private long _deadline;                      // under the lock bit

    /// <summary>Polls the driver: signals the points that <see cref="OnPoll"/> reports as complete.</summary>
    /// <returns>True if the counter moved.</returns>
    /// <remarks>
    /// For drivers without interrupts, and for readers that prefer to poll: <see cref="Fence.IsSignaled"/> never calls the driver. Callbacks
    /// run on this thread. Never blocks, unless the driver's hook does. An exception of the hook is not thrown to the caller, but reported by
    /// <see cref="CallbackFaulted"/>; the result is false then.
    /// </remarks>
    public bool TryPoll() => PollCore();

    /// <summary>Returns the soonest deadline that was set for a pending point.</summary>
    /// <param name="timestamp">The deadline on the clock of the timeline, as of <see cref="System.TimeProvider.GetTimestamp"/>.</param>
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
    /// Called before the first wait for <paramref name="point"/> or a later point: the driver must ensure that the point will be signaled,
    /// for instance by enabling an interrupt. Like enable_signaling of the kernel's dma_fence_ops.
    /// </summary>
    /// <param name="point">The point. Earlier points must be signaled too.</param>
    /// <returns>False if the point is complete already; then it is signaled at once. True otherwise.</returns>
    /// <remarks>
    /// Called on the waiter's thread, under no lock, before the waiter is added; at most once for a point, with rising points. It may call
    /// <see cref="Signal(ulong)"/> itself. It must not block. An exception faults the point.
    /// </remarks>
    protected virtual bool OnEnableSignaling(ulong point) => _options.EnableSignaling?.Invoke(point) ?? true;

    /// <summary>Returns how far the work has progressed. Called by <see cref="TryPoll"/>.</summary>
    /// <returns>The last completed point; points that were never issued are ignored.</returns>
    protected virtual ulong OnPoll() => _options.Poll?.Invoke() ?? Completed;

    /// <summary>Called when a waiter sets a deadline that is sooner than all earlier ones. A hint, which may be ignored.</summary>
    /// <param name="point">The point.</param>
    /// <param name="timestamp">The deadline on the clock of the timeline; in the past for "at once".</param>
    /// <remarks>Called on the waiter's thread, under no lock. It must not block. An exception is reported, and not thrown to the caller.</remarks>
    protected virtual void OnDeadline(ulong point, long timestamp) => _options.DeadlineChanged?.Invoke(point, timestamp);

    /// <summary>Whether the fences are composed of other fences; sets and reservations must not contain them.</summary>
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

    /// <summary>Passes a deadline hint on. An exception of the clock or the driver is reported, and the hint is lost.</summary>
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

    /// <summary>
    /// Called by the finalizer when the timeline is collected. Faults pending points on the thread pool, since callbacks must not run on the
    /// finalizer thread.
    /// </summary>
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

    /// <summary>Calls the hook, at most once for a point, with rising points. Other threads do not wait for the call.</summary>
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
            // The waiter must get the error: otherwise it would wait for a signal that cannot come.
            FaultCore(target, exception, poison: false);
        }
    }
}
