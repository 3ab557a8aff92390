// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A slot of a <see cref="FencePool"/>: a timeline with at most one point outstanding.</summary>
internal sealed class FencePoolSlot : FenceTimeline
{
    internal FencePoolSlot(FencePool pool, int index, FenceTimelineOptions options, FenceWaiterPools waiterPools)
        : base(pool.Name, options, waiterPools)
    {
        Pool = pool;
        Index = index;
    }

    internal FencePool Pool { get; }

    internal int Index { get; }

    internal Fence Rent() => Issue();

    /// <summary>The producer did not come in time: the slot goes back in its place. If it comes after all, its point is behind the counter.</summary>
    internal override bool FaultOverdue(ulong target, FenceTimeoutException error)
    {
        if (!base.FaultOverdue(target, error))
        {
            return false;
        }

        Pool.Return(this);
        return true;
    }
}
