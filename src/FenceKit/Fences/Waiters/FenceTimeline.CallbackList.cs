// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Who waits, sorted by point, first come first served within a point. Everything is under the gate.
//
//   structure           who is in it                                                  adding  removing  a signal of k of n
//   ------------------  ------------------------------------------------------------  ------  --------  ------------------
//   list (First, Last)  who comes behind the last, before the first, or near the end  O(1)    O(1)      O(k)
//   tree (_beside)      whoever else: at most NearTheEnd steps are walked in the list O(log)  O(log)    O(k + log n)
//
// Both are sorted, and a signal merges what it takes out of them. Where both have nodes of one point, those of the list came first: whoever
// comes to a point that the tree has goes to the tree. While the tree has nodes, the list has two at least (Refill), so that all that looks for
// "one alone" or "nobody" looks at the list only. The gate is never held for a walk that grows with the number of those who wait.
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
    private const int NearTheEnd = 8;

    private WaiterTree _beside;

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

    /// <summary>Under the gate: among those who wait, of whom there are some.</summary>
    private void Insert(FenceCallback callback)
    {
        FenceCallback first = _hot.First!;
        FenceCallback? before = _hot.Last ?? first;
        int steps = 0;
        if (callback.Target < first.Target)
        {
            before = null;
        }

        while (before is not null && before.Target > callback.Target && steps++ < NearTheEnd)
        {
            before = before.Previous;
        }

        if (steps > NearTheEnd || (!_beside.IsEmpty && _beside.Contains(callback.Target)))
        {
            _beside.Add(callback);
            return;
        }

        InsertBehind(before, callback);
    }

    /// <summary>Under the gate, into a list that is not empty.</summary>
    private void InsertBehind(FenceCallback? before, FenceCallback callback)
    {
        callback.Previous = before;
        FenceCallback? after = _hot.First;
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

    /// <summary>Under the gate, where the list may have become short: the next ones of the tree come over.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill()
    {
        while (_hot.Last is null && _beside.TryTakeFirst(out FenceCallback? next))
        {
            if (_hot.First is not { } alone)
            {
                _hot.First = next;
            }
            else
            {
                InsertBehind(alone.Target <= next.Target ? alone : null, next);
            }
        }
    }

    /// <summary>Under the gate.</summary>
    private void Unlink(FenceCallback callback)
    {
        if (callback.TreeOrder != 0)
        {
            _beside.Remove(callback);
            return;
        }

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
            if (!_beside.IsEmpty)
            {
                Refill();
            }
        }
        else if (after is null)
        {
            _hot.Last = before;
        }
    }

    /// <summary>Under the gate: cuts off the callbacks up to a point and fixes their outcome. They stay linked through Next.</summary>
    private FenceCallback? DetachUpTo(ulong target, FenceStatus status, Exception? error)
    {
        FenceCallback? batch = TakeUpTo(target);
        if (!_beside.IsEmpty)
        {
            batch = Merge(batch, _beside.TakeUpTo(target));
            Refill();
        }

        for (FenceCallback? node = batch; node is not null; node = node.Next)
        {
            if (HasGivenUp && status == FenceStatus.Signaled)
            {
                node.MarkDetached(OutcomeInSignal(node.Target, out Exception? ownError), ownError);
            }
            else
            {
                node.MarkDetached(status, error);
            }
        }

        return batch;
    }

    /// <summary>Under the gate: cuts the list behind a point.</summary>
    private FenceCallback? TakeUpTo(ulong target)
    {
        FenceCallback? batch = _hot.First;
        FenceCallback? last = null;
        FenceCallback? rest = batch;
        while (rest is not null && rest.Target <= target)
        {
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

    /// <summary>Two that are sorted make one; of one point those of the list come first.</summary>
    private static FenceCallback? Merge(FenceCallback? ofList, FenceCallback? ofTree)
    {
        FenceCallback? merged = null;
        ref FenceCallback? end = ref merged;
        while (ofList is not null && ofTree is not null)
        {
            ref FenceCallback? next = ref ofList.Target <= ofTree.Target ? ref ofList : ref ofTree;
            end = next;
            end = ref next.Next;
            next = next.Next;
        }

        end = ofList ?? ofTree;
        return merged;
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
        Debug.Assert(_beside.IsEmpty || _hot.Last is not null, "While the tree has nodes, the list has two at least.");
        _beside.AssertInvariants();
    }
}
