// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// The list itself: doubly linked through the nodes, sorted by point, first come first served within a point. Everything is under the gate.
//
// The timeline's own node, when it is alone, has a seat: Seated keeps it while it does not wait, and that it waits is nothing but a bit in the
// state. That saves the usual await the collector's write barrier and two stores. Nobody else has one: a timeline keeps nothing alive that does
// not wait for it.
//
//   waiters bit  First  who waits
//   -----------  -----  ------------------------------------------------------
//        0       null   nobody; Seated is who has waited here before, or null
//        1       null   Seated, alone
//        1       node   the list; Seated means nothing
public partial class FenceTimeline
{
    /// <summary>Under the gate, which it leaves, with nobody waiting: the node that has the seat waits from now on.</summary>
    /// <param name="seated">The node.</param>
    /// <param name="target">What it waits for.</param>
    /// <param name="word">Its word as it is: at rest, or free.</param>
    /// <param name="state">The word of the timeline.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WaitInSeat(FenceCallback seated, ulong target, long word, ulong state)
    {
        seated.Target = target;
        seated.MarkQueuedFromRest(word);
        LeaveGateWith(state + TimelineState.Waiters); // nobody waited, so + is |, and shorter
    }

    /// <summary>Under the gate: whoever works on the list finds all that wait in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Unseat(ulong state)
    {
        if (TimelineState.HasWaiters(state) && _hot.First is null)
        {
            _hot.First = _hot.Seated;
        }
    }

    /// <summary>Under the gate: the callback has gone for good, and nothing of it stays.</summary>
    private void Vacate(FenceCallback callback)
    {
        if (ReferenceEquals(_hot.Seated, callback))
        {
            _hot.Seated = null;
        }
    }

    /// <summary>
    /// Under the gate, into a list that is not empty. Constant time for the two common orders, points that rise (appended) and points that
    /// fall (prepended); otherwise walks back over the callbacks of later points.
    /// </summary>
    private void Insert(FenceCallback callback)
    {
        FenceCallback first = _hot.First!;
        FenceCallback? before = _hot.Last ?? first;
        if (callback.Target < first.Target)
        {
            before = null;
        }

        while (before is not null && before.Target > callback.Target)
        {
            before = before.Previous;
        }

        callback.Previous = before;
        FenceCallback? after = first;
        if (before is null)
        {
            _hot.First = callback;
        }
        else
        {
            after = before.Next;
            before.Next = callback;
        }

        if (after is null)
        {
            _hot.Last = callback; // the usual case; its own link is null as it is
            return;
        }

        callback.Next = after;
        after.Previous = callback;
        _hot.Last ??= after; // there was one, and it went behind us
    }

    /// <summary>Under the gate.</summary>
    private void Unlink(FenceCallback callback)
    {
        FenceCallback? before = callback.Previous;
        FenceCallback? after = callback.Next;
        if (before is null && after is null)
        {
            _hot.First = null; // alone: there is no last, and its links are null
            return;
        }

        if (before is null)
        {
            _hot.First = after;
        }
        else
        {
            before.Next = after;
        }

        if (after is not null)
        {
            after.Previous = before;
        }

        callback.Previous = null;
        callback.Next = null;
        if (_hot.First?.Next is null)
        {
            _hot.Last = null;
        }
        else if (after is null)
        {
            _hot.Last = before;
        }
    }

    /// <summary>Under the gate: cuts off the callbacks up to a point and fixes their outcome. They stay linked through Next.</summary>
    private FenceCallback? DetachUpTo(ulong target, FenceStatus status, Exception? error)
    {
        FenceCallback? batch = _hot.First;
        FenceCallback? last = null;
        FenceCallback? rest = batch;
        while (rest is not null && rest.Target <= target)
        {
            if (HasGivenUp && status == FenceStatus.Signaled)
            {
                rest.MarkDetached(OutcomeInSignal(rest.Target, out Exception? ownError), ownError);
            }
            else
            {
                rest.MarkDetached(status, error);
            }

            last = rest;
            rest = rest.Next;
        }

        if (last is null)
        {
            return null;
        }

        if (rest is null)
        {
            _hot.First = null;
            _hot.Last = null;
            return batch;
        }

        last.Next = null;
        rest.Previous = null;
        _hot.First = rest;
        if (rest.Next is null)
        {
            _hot.Last = null;
        }

        return batch;
    }

    [Conditional("DEBUG")]
    private void AssertInvariants(ulong state)
    {
        Debug.Assert((_hot.First?.Next is null) == (_hot.Last is null), "The last node has a field of its own when there are two or more.");
        FenceCallback? previous = null;
        for (FenceCallback? node = _hot.First; node is not null; node = node.Next)
        {
            Debug.Assert(ReferenceEquals(node.Previous, previous), "The backward link leads to the node before.");
            Debug.Assert(previous is null || previous.Target <= node.Target, "The list is sorted by point.");
            Debug.Assert(!TimelineState.HasReached(state & ~TimelineState.Flags, node.Target), "No callback waits for a completed point.");
            Debug.Assert(FenceCallback.IsQueuedWord(node.Word), "Every node in the list is queued.");
            previous = node;
        }

        Debug.Assert(ReferenceEquals(_hot.Last ?? _hot.First, previous), "The last node ends the list.");
    }
}
