// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>A slot of a <see cref="FencePool"/>: a timeline with at most one point outstanding.</summary>
internal sealed class FencePoolSlot : FenceTimeline
{
    private FenceLease? _lease; // null while it is rented. Written before the slot goes back, which is an interlocked operation; read after it was taken

    internal FencePoolSlot(FencePool pool, int index, FenceTimelineOptions options, FenceWaiterPools waiterPools, FaultLog faults)
        : base(pool.Name, options, waiterPools, faults)
    {
        Pool = pool;
        Index = index;
        _lease = new FenceLease(this);
    }

    internal FencePool Pool { get; }

    internal int Index { get; }

    /// <summary>Hands out the next fence of the slot. Called by the thread that has taken the slot out of the pool.</summary>
    internal FenceSource Rent()
    {
        Fence fence = Issue();
        FenceLease lease = _lease!;
        lease.Target = fence.Target;
        _lease = null;
        return new FenceSource(lease, fence);
    }

    /// <summary>The waiters have their outcome: the next renter may have the slot, with the lease of the one before.</summary>
    internal void Return(FenceLease lease)
    {
        _lease = lease;
        Pool.Return(this);
    }

    /// <summary>The producer did not come in time: the slot goes back without it. If it comes after all, its point is behind the counter.</summary>
    internal override bool FaultOverdue(ulong target, FenceTimeoutException error)
    {
        if (!base.FaultOverdue(target, error))
        {
            return false;
        }

        Return(new FenceLease(this)); // the producer may still have the other one
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (_lease is { } free)
        {
#pragma warning disable CA1816 // The lease is the slot's own part, and nobody rents it any more.
            GC.SuppressFinalize(free);
#pragma warning restore CA1816
        }
    }

    /// <summary>Nobody has the source of a point any more. On the finalizer thread, so the waiters' code runs elsewhere.</summary>
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
