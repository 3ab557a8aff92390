// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>A slot of a <see cref="FencePool"/>: a timeline with at most one point outstanding.</summary>
internal sealed class FencePoolSlot : FenceTimeline
{
    private FenceLease? _lease; // null while the slot is rented; published by the interlocked operations that return and take the slot

    internal FencePoolSlot(FencePool pool, int index, FenceTimelineOptions options, FenceWaiterPools waiterPools, FaultLog faults)
        : base(pool.Name, options, waiterPools, faults)
    {
        Pool = pool;
        Index = index;
        _lease = new FenceLease(this);
    }

    internal FencePool Pool { get; }

    internal int Index { get; }

    /// <summary>Issues the next fence of the slot. Called by the thread that has taken the slot from the pool.</summary>
    internal FenceSource Rent()
    {
        Fence fence = Issue();
        FenceLease lease = _lease!;
        lease.Target = fence.Target;
        _lease = null;
        return new FenceSource(lease, fence);
    }

    /// <summary>Returns the slot to the pool, after the waiters have their outcome. The next rental uses the given lease.</summary>
    internal void Return(FenceLease lease)
    {
        _lease = lease;
        Pool.Return(this);
    }

    /// <summary>
    /// Faults a fence that was not signaled in time, and returns the slot. A late signal has no effect, because its point is behind the
    /// counter.
    /// </summary>
    internal override bool FaultOverdue(ulong target, FenceTimeoutException error)
    {
        if (!base.FaultOverdue(target, error))
        {
            return false;
        }

        Return(new FenceLease(this)); // a new lease: the producer may still have the old one
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (_lease is { } free)
        {
#pragma warning disable CA1816 // The lease belongs to this object, and is not rented any more.
            GC.SuppressFinalize(free);
#pragma warning restore CA1816
        }
    }

    /// <summary>
    /// Called by the finalizer of a lease whose source was dropped. Faults the fence on the thread pool, since callbacks must not run on the
    /// finalizer thread.
    /// </summary>
    internal void OnSourceCollected(ulong target)
    {
        if (!HasReached(target) && target != 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static work => work.Slot.Abandon(work.Target), (Slot: this, Target: target), preferLocal: false);
        }
    }

    private void Abandon(ulong target)
    {
        ulong point = TimelineState.PointOf(target);
        FenceAbandonedException error = FenceAbandonedException.ForDroppedSource(Name, point, FindIssuer(point));
        if (FaultCore(target, error, poison: false))
        {
            FenceKitEventSource.Log.TellAbandoned(error.TimelineName, error.Message);
            Return(new FenceLease(this));
        }
    }
}
