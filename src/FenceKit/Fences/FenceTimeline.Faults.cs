// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The errors of points. Written under the lock bit, before the counter moves; read without it.
public partial class FenceTimeline
{
    private readonly FaultLog _faults; // owned by the timeline, or shared by the slots of a pool

    /// <summary>Whether any point has ever faulted, or been given up. If not, every complete point has succeeded.</summary>
    internal bool HasFaulted => Volatile.Read(ref _trail.FirstFaulted) != 0;

    /// <summary>Whether a point is complete and certainly without an error.</summary>
    internal bool HasSucceeded(ulong target) => HasReached(target) && !HasFaulted;

    /// <summary>Returns the outcome of a point, as far as it is still known.</summary>
    internal FenceStatus GetOutcome(ulong target, out Exception? error)
    {
        error = null;
        if (!TimelineState.HasReached(_hot.State.Read(), target))
        {
            return FenceStatus.Pending;
        }

        // The acquire above pairs with the release in TimelineState.Leave: a point that reads complete has its fault in the log already.
        return HasFaulted ? LookUpOutcome(TimelineState.PointOf(target), out error) : FenceStatus.Signaled;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FenceStatus LookUpOutcome(ulong point, out Exception? error) => _faults.LookUp(in _trail, point, out error);

    /// <summary>Records the fault of points. Under the lock bit, before the counter moves.</summary>
    private void RecordFault(ulong first, ulong last, Exception error, bool poison)
    {
        if (poison)
        {
            _faults.RecordPoison(ref _trail, first, error);
        }
        else
        {
            _faults.Record(ref _trail, first, last, error);
        }

        _faults.DropGivenUp(ref _trail, last);
    }
}
