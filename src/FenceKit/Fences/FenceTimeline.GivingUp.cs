// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Giving up a point that was issued and that nobody will work on, while earlier points are still pending.
//
// The counter cannot skip a point, so the point waits for its turn: it faults as soon as the points before it are complete. If one signal
// completes it together with others, only the given-up point faults. Two nodes ensure that:
//
//   node            waits for        what it does
//   --------------  ---------------  ------------------------------------------------------------------------------------------------
//   FaultInTurn     the point before faults the point
//   StandBy         the point        nothing. While it waits, every signal that passes the point finds a waiter, so it takes the lock bit, and
//                                    DetachUpTo and RunUpTo find the given-up points
//
// A signal that passes the point while another thread gives it up:
//
//   giving up (under the lock bit)                       signaling
//   -----------------------------------------------  -----------------------------------------------------------------
//   record the point in the trail                        read the word
//   add StandBy; leave the lock bit (word: waiters)      CAS the word: fails if it was read before, otherwise finds the waiters
//
public partial class FenceTimeline
{
    /// <summary>
    /// Gives up one point that was issued and that nobody will work on: it faults as soon as all points before it are complete, and no other
    /// point faults with it. For a command whose fence was issued, but that could not be submitted, while earlier commands are still running.
    /// </summary>
    /// <param name="fence">A fence of this timeline.</param>
    /// <param name="error">The error; every waiter of the point gets this object.</param>
    /// <returns>True if this call gave the point up; false when it was complete, or given up before.</returns>
    /// <remarks>
    /// Never blocks. Allocates a few small objects. If all points before are complete already, the point faults at once, and its callbacks
    /// run on this thread; otherwise they run on the thread that signals the point before. A signal of a later point completes it too, with
    /// this error. A signal with an error, and <see cref="Poison"/>, complete it with their own error.
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
            FaultCore(fence.Target, error, poison: false); // all earlier points are complete already
        }

        return true;
    }

    /// <summary>Under the lock bit: whether any point was given up, which is rare.</summary>
    private bool HasGivenUp => _trail.GivenUp is not null;

    /// <summary>Under the lock bit: the outcome of a point that a signal without an error completes.</summary>
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
