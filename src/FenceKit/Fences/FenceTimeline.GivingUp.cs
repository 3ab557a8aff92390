// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// A point that was issued, and that nobody will work on, while points before it are still under way.
//
// The counter cannot leave a point out, so the point waits for its turn: it faults as soon as those before it are complete, and whatever signal
// completes it with others, it is the only one of them that faults. Two nodes see to that:
//
//   node            waits for        and then
//   --------------  ---------------  ------------------------------------------------------------------------------------------------
//   FaultInTurn     the point before faults the point
//   StandBy         the point        nothing. While it waits, every signal that passes the point finds somebody waiting and takes the lock bit,
//                                    and under it DetachUpTo and RunUpTo see what was given up
//
// A signal that passes the point at once, beside the one that gives it up:
//
//   giving up (under the lock bit)                       signaling
//   -----------------------------------------------  -----------------------------------------------------------------
//   note the point in the trail                      read the word
//   add StandBy; leave the lock bit (word: waiters)      CAS the word: fails if it was read before, else finds the waiters
//
public partial class FenceTimeline
{
    /// <summary>
    /// Gives up one point that was issued and that nobody will work on: it faults as soon as all points before it are complete, and no other point
    /// faults with it. For a command that was issued and then could not be submitted, while commands before it still run.
    /// </summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <param name="error">Why; every waiter of the point gets this object.</param>
    /// <returns>True for the one caller who gave it up; false when the point was complete, or given up before.</returns>
    /// <remarks>
    /// Never blocks. Allocates a few small objects. If all points before are complete already, the point faults at once, and its callbacks run on
    /// this thread; otherwise they run on the thread that signals the point before. A signal of a later point completes it too, with this error;
    /// a signal with an error, and <see cref="Poison"/>, fault it with theirs.
    /// </remarks>
    /// <exception cref="ArgumentException">The fence belongs to another timeline.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool TryGiveUp(Fence fence, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        CheckOwn(fence);
        StandBy standBy = new();
        ulong state = EnterLock();
        if (TimelineState.HasReached(state, fence.Target) || FaultLog.TryFindGivenUp(in _trail, fence.Point, out _))
        {
            LeaveLock(state);
            return false;
        }

        _faults.GiveUp(ref _trail, fence.Point, error);
        standBy.Timeline = this;
        Enlist(standBy, fence.Target, state);
        FaultInTurn turn = new(fence, error);
        if (!new Fence(this, fence.Point - 1).TryAddCallback(turn))
        {
            FaultCore(fence.Target, error, poison: false); // it is its turn already
        }

        return true;
    }

    /// <summary>Under the lock bit: nothing was given up, which is the usual case.</summary>
    private bool HasGivenUp => _trail.GivenUp is not null;

    /// <summary>Under the lock bit: how a point ends that a signal without an error completes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FenceStatus OutcomeInSignal(ulong target, out Exception? error) =>
        FaultLog.TryFindGivenUp(in _trail, TimelineState.PointOf(target), out error) ? FenceStatus.Faulted : FenceStatus.Signaled;

    private sealed class StandBy : FenceCallback
    {
        internal override void DescribeWaits(Fence fence, List<FenceWait> waits)
        {
        }

        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
        }
    }

    private sealed class FaultInTurn(Fence fence, Exception error) : FenceCallback
    {
        internal override void DescribeWaits(Fence before, List<FenceWait> waits)
        {
        }

        protected override void OnSignaled(FenceStatus status, Exception? fault) =>
            fence.Timeline!.FaultCore(fence.Target, error, poison: false);
    }
}
