// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>Who waits for one timeline, sorted by point, first come first served within a point. Everything is under its lock bit.</summary>
/// <remarks>
/// <code>
/// structure  who is in it                                                  adding  removing  a signal of k of n
/// ---------  ------------------------------------------------------------  ------  --------  ------------------
/// list       who comes behind the last, before the first, or near the end  O(1)    O(1)      O(k)
/// tree       everybody else: at most NearTheEnd steps are walked           O(log)  O(log)    O(k + log n)
/// </code>
/// Both are sorted, and a signal merges what it takes out of them. Where both have nodes of one point, those of the list came first: a node
/// for a point that the tree has goes to the tree. While the tree has nodes, the list has two at least (<see cref="Refill"/>), so that all that
/// looks for "one alone" or "nobody" looks at the list only. The lock bit is never held for a walk that grows with the number of those who wait.
/// A field that is not readonly; a copy is another list over the same nodes.
/// </remarks>
internal struct WaiterList
{
    private const int NearTheEnd = 8;

    private FenceCallback? _first;
    private FenceCallback? _last; // null while there is at most one in the list, which saves the usual case a write barrier
    private WaiterTree _tree;

    internal readonly bool IsEmpty => _first is null;

    /// <summary>Adds a node that is in no list. Its links are null: a node that leaves a list has them cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(FenceCallback node)
    {
        if (_first is null)
        {
            _first = node;
        }
        else
        {
            Insert(node);
        }
    }

    internal void Remove(FenceCallback node)
    {
        if (node.TreeOrder != 0)
        {
            _tree.Remove(node);
            return;
        }

        FenceCallback? before = node.Previous;
        FenceCallback? after = node.Next;
        if (before is null && after is null)
        {
            _first = null; // alone: there is no last, and its links are null
            return;
        }

        Link(before, after);
        if (after is not null)
        {
            after.Previous = before;
        }

        node.Previous = null;
        node.Next = null;
        if (_first?.Next is null)
        {
            _last = null;
            Refill();
        }
        else if (after is null)
        {
            _last = before;
        }
    }

    /// <summary>Takes out the only node that waits, if there is one alone and it waits for a point up to this one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTakeOnly(ulong target, [NotNullWhen(true)] out FenceCallback? only)
    {
        only = _first;
        if (only is null || _last is not null || only.Target > target)
        {
            return false;
        }

        _first = null;
        return true;
    }

    /// <summary>Takes out all nodes up to a point, linked through Next in their order.</summary>
    internal FenceCallback? TakeUpTo(ulong target)
    {
        FenceCallback? batch = CutUpTo(target);
        if (!_tree.IsEmpty)
        {
            batch = Merge(batch, _tree.TakeUpTo(target));
            Refill();
        }

        return batch;
    }

    /// <summary>Calls <paramref name="visit"/> for each node: those of the list, then those of the tree.</summary>
    /// <returns>Whether that is the order of their points: the tree is empty.</returns>
    internal readonly bool Visit<TState>(ref TState state, WaiterVisitor<TState> visit)
    {
        for (FenceCallback? node = _first; node is not null; node = node.Next)
        {
            visit(ref state, node);
        }

        _tree.Visit(ref state, visit);
        return _tree.IsEmpty;
    }

    /// <param name="completed">The counter of the timeline as it will be when the lock bit is left.</param>
    [Conditional("DEBUG")]
    internal readonly void AssertInvariants(ulong completed)
    {
        Debug.Assert((_first?.Next is null) == (_last is null), "The last node has a field of its own when there are two or more.");
        FenceCallback? previous = null;
        for (FenceCallback? node = _first; node is not null; node = node.Next)
        {
            Debug.Assert(ReferenceEquals(node.Previous, previous), "The backward link leads to the node before.");
            Debug.Assert(previous is null || previous.Target <= node.Target, "The list is sorted by point.");
            Debug.Assert(!TimelineState.HasReached(completed & ~TimelineState.Flags, node.Target), "No callback waits for a completed point.");
            Debug.Assert(node.State.IsQueued, "Every node in the list is queued.");
            previous = node;
        }

        Debug.Assert(ReferenceEquals(_last ?? _first, previous), "The last node ends the list.");
        Debug.Assert(_tree.IsEmpty || _last is not null, "While the tree has nodes, the list has two at least.");
        _tree.AssertInvariants();
    }

    /// <summary>Where somebody waits already.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Insert(FenceCallback node)
    {
        FenceCallback first = _first!;
        FenceCallback? before = _last ?? first;
        int steps = 0;
        if (node.Target < first.Target)
        {
            before = null;
        }

        while (before is not null && before.Target > node.Target && steps++ < NearTheEnd)
        {
            before = before.Previous;
        }

        if (steps > NearTheEnd || (!_tree.IsEmpty && _tree.Contains(node.Target)))
        {
            _tree.Add(node);
        }
        else
        {
            InsertBehind(before, node);
        }
    }

    /// <summary>Into a list that is not empty.</summary>
    private void InsertBehind(FenceCallback? before, FenceCallback node)
    {
        node.Previous = before;
        FenceCallback? after = before is null ? _first : before.Next;
        Link(before, node);
        if (after is null)
        {
            _last = node; // the usual case; its own link is null as it is
            return;
        }

        node.Next = after;
        after.Previous = node;
        _last ??= after; // there was one, and it went behind us
    }

    private void Link(FenceCallback? before, FenceCallback? next)
    {
        if (before is null)
        {
            _first = next;
        }
        else
        {
            before.Next = next;
        }
    }

    /// <summary>Where the list may have become short: the next ones of the tree come over.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill()
    {
        while (_last is null && _tree.TryTakeFirst(out FenceCallback? next))
        {
            if (_first is not { } alone)
            {
                _first = next;
            }
            else
            {
                InsertBehind(alone.Target <= next.Target ? alone : null, next);
            }
        }
    }

    /// <summary>Cuts the list behind a point.</summary>
    private FenceCallback? CutUpTo(ulong target)
    {
        FenceCallback? batch = _first;
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

        last.Next = null;
        _first = rest;
        if (rest is not null)
        {
            rest.Previous = null;
        }

        if (rest?.Next is null)
        {
            _last = null;
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
}
