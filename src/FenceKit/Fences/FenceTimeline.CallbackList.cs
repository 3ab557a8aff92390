// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The list itself: doubly linked through the nodes, sorted by point, first come first served within a point. Everything is under the gate.
public partial class FenceTimeline
{
    private FenceCallback? _first; // under the gate
    private FenceCallback? _last;  // under the gate; null while there is at most one, which saves the usual case a write barrier

    /// <summary>
    /// Under the gate, into a list that is not empty. Constant time for the two common orders, points that rise (appended) and points that
    /// fall (prepended); otherwise walks back over the callbacks of later points.
    /// </summary>
    private void Insert(FenceCallback callback)
    {
        FenceCallback first = _first!;
        FenceCallback? before = _last ?? first;
        if (callback.Target < first.Target)
        {
            before = null;
        }

        while (before is not null && before.Target > callback.Target)
        {
            before = before.Previous;
        }

        FenceCallback? after = before is null ? first : before.Next;
        callback.Previous = before;
        callback.Next = after;
        if (before is null)
        {
            _first = callback;
        }
        else
        {
            before.Next = callback;
        }

        if (after is null)
        {
            _last = callback;
            return;
        }

        after.Previous = callback;
        _last ??= after; // there was one, and it went behind us
    }

    /// <summary>Under the gate.</summary>
    private void Unlink(FenceCallback callback)
    {
        FenceCallback? before = callback.Previous;
        FenceCallback? after = callback.Next;
        if (before is null && after is null)
        {
            _first = null; // alone: there is no last, and its links are null
            return;
        }

        if (before is null)
        {
            _first = after;
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
        if (_first?.Next is null)
        {
            _last = null;
        }
        else if (after is null)
        {
            _last = before;
        }
    }

    /// <summary>Under the gate: cuts off the callbacks up to a point and fixes their outcome. They stay linked through Next.</summary>
    private FenceCallback? DetachUpTo(ulong target, FenceStatus status, Exception? error)
    {
        FenceCallback? batch = _first;
        FenceCallback? last = null;
        FenceCallback? rest = batch;
        while (rest is not null && rest.Target <= target)
        {
            rest.MarkDetached(status, error);
            last = rest;
            rest = rest.Next;
        }

        if (last is null)
        {
            return null;
        }

        if (rest is null)
        {
            _first = null;
            _last = null;
            return batch;
        }

        last.Next = null;
        rest.Previous = null;
        _first = rest;
        if (rest.Next is null)
        {
            _last = null;
        }

        return batch;
    }

    [Conditional("DEBUG")]
    private void AssertInvariants(ulong state)
    {
        Debug.Assert((_first?.Next is null) == (_last is null), "The last node has a field of its own when there are two or more.");
        FenceCallback? previous = null;
        for (FenceCallback? node = _first; node is not null; node = node.Next)
        {
            Debug.Assert(ReferenceEquals(node.Previous, previous), "The backward link leads to the node before.");
            Debug.Assert(previous is null || previous.Target <= node.Target, "The list is sorted by point.");
            Debug.Assert(!TimelineState.HasReached(state & ~TimelineState.Flags, node.Target), "No callback waits for a completed point.");
            Debug.Assert(FenceCallback.IsQueuedWord(node.Word), "Every node in the list is queued.");
            previous = node;
        }

        Debug.Assert(ReferenceEquals(_last ?? _first, previous), "The last node ends the list.");
    }
}
