// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>The waiters of one timeline, ordered by point, and by arrival within a point. All access is under the lock bit of the timeline.</summary>
/// <remarks>
/// <para>A leftist heap of the callers' own nodes. Each node has two branches, <see cref="FenceCallback.Next"/> and
/// <see cref="FenceCallback.SecondNext"/>, with only later nodes; <see cref="FenceCallback.Previous"/> leads back to the parent. The rank of
/// a branch is the number of nodes along SecondNext, and that of Next is never lower than that of SecondNext. Nodes that are added in the
/// order of their points, or in the reverse order, have no second branches: they form a doubly linked list.</para>
/// <code>
/// operation                                              steps
/// -----------------------------------------------------  ---------------------------
/// add behind the newest node, if it has no branches      O(1)
/// add before the first node                              O(1)
/// add anywhere else                                      O(log n)
/// remove                                                 O(1) in a list, otherwise O(log n)
/// take k of n nodes by a signal                          O(k) in a list, otherwise O(k log n)
/// </code>
/// <para>The bounds are logarithmic in the worst case: a branch of rank r has at least 2^r - 1 nodes, because both branches of its root have
/// at least rank r - 1. So no path along SecondNext is longer than log n, and <see cref="Meld"/> follows only these paths. On the way back up
/// it continues only while ranks change. Then the changed branch determines the rank of its parent, before or after the change, so these
/// ranks grow by one per step. Paths along Next may be long, but are never followed. So the lock bit is never held for a walk that grows
/// linearly with the number of waiters, except to take the nodes that a signal completes.</para>
/// <para>Both ranks are stored in the parent, so that a branch that is not followed causes no cache miss. Declare the heap as a field that is
/// not readonly, and do not copy it.</para>
/// </remarks>
internal struct WaiterHeap
{
    private FenceCallback? _first;

    /// <summary>
    /// Null while there is at most one waiter, which saves a write barrier in the usual case. Otherwise a waiter behind which new ones are
    /// tried first: the newest that was added without a branch, as long as it waits.
    /// </summary>
    private FenceCallback? _last;

    private int _lastOrder; // the Order of the last added node; restarts when only one node is left

    internal readonly bool IsEmpty => _first is null;

    /// <summary>Adds a node that is in no heap. Its links are null and its ranks 0, since they are cleared when a node is removed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(FenceCallback node)
    {
        if (_first is null)
        {
            _first = node; // keeps its old Order; the next node gets a higher one
        }
        else
        {
            Insert(node);
        }
    }

    internal void Remove(FenceCallback node)
    {
        if (_last is null)
        {
            _first = null; // the only node, whose links are null
            return;
        }

        FenceCallback? above = node.Previous;
        Meld(above, IsSecond(node), node.Next, node.SecondNext);
        node.Next = null;
        node.Previous = null;
        ClearBranches(node);
        if (_first!.Next is null)
        {
            _last = null;
        }
        else if (ReferenceEquals(_last, node))
        {
            _last = above ?? _first;
        }
    }

    /// <summary>Takes the node of a lone waiter, if it waits for a point up to this one.</summary>
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

    /// <summary>Takes all nodes up to a point, linked through Next in their order. The signaler that runs them clears Next and Previous.</summary>
    internal FenceCallback? TakeUpTo(ulong target)
    {
        FenceCallback? batch = null;
        ref FenceCallback? end = ref batch;
        FenceCallback? rest = _first;
        while (rest is { } first && first.Target <= target)
        {
            rest = first.Next;
            if (first.SecondNext is { } second)
            {
                Meld(above: null, isSecond: false, rest, second);
                rest = _first;
            }

            ClearBranches(first);
            if (!ReferenceEquals(end, first))
            {
                end = first; // in a list the node is linked already
            }

            end = ref first.Next;
        }

        end = null;
        _first = rest;
        rest?.Previous = null;
        if (rest?.Next is null)
        {
            _last = null;
        }
        else if (_last!.Target <= target)
        {
            _last = rest; // the last node was taken
        }

        return batch;
    }

    /// <summary>Calls <paramref name="visit"/> for each node.</summary>
    /// <returns>Whether the nodes were visited in their order.</returns>
    internal readonly bool Visit<TState>(ref TState state, WaiterVisitor<TState> visit)
    {
        bool isList = true;
        for (FenceCallback? node = _first; node is not null; node = node.Next ?? BehindBranch(node))
        {
            visit(ref state, node);
            isList &= node.SecondNext is null;
        }

        return isList;
    }

    /// <param name="completed">The counter of the timeline after the lock bit is released.</param>
    [Conditional("DEBUG")]
    internal readonly void AssertInvariants(ulong completed)
    {
        bool hasLast = false;
        for (FenceCallback? node = _first; node is not null; node = node.Next ?? BehindBranch(node))
        {
            FenceCallback? above = node.Previous;
            Debug.Assert(above is null == ReferenceEquals(node, _first), "The first has nobody before it.");
            Debug.Assert(above is null || ReferenceEquals(above.Next, node) || IsSecond(node), "The backward link leads to the one above.");
            Debug.Assert(above is null || !IsBefore(node, above), "Nobody is before the one above.");
            Debug.Assert(node.NextRank == RankOf(node.Next) && node.SecondRank == RankOf(node.SecondNext), "A node knows the ranks of its branches.");
            Debug.Assert(node.NextRank >= node.SecondRank, "The second branch never has the higher rank.");
            Debug.Assert(!TimelineState.HasReached(completed & ~TimelineState.Flags, node.Target), "No callback waits for a completed point.");
            Debug.Assert(node.State.IsQueued, "Everybody here is queued.");
            hasLast |= ReferenceEquals(node, _last);
        }

        Debug.Assert(hasLast == (_first?.Next is not null), "Where two or more wait, the last is one of them.");
    }

    /// <summary>Adds a node when there are other waiters.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Insert(FenceCallback node)
    {
        FenceCallback last = _last ?? _first!;
        _lastOrder = unchecked((_last is null ? last.Order : _lastOrder) + 1);
        node.Order = _lastOrder;
        if (last.Next is null && last.Target <= node.Target)
        {
            last.Next = node; // the rank of last itself is unchanged, since it still has no second branch
            last.NextRank = 1;
            node.Previous = last;
            _last = node;
        }
        else
        {
            Meld(above: null, isSecond: false, _first, node);
            _last = node.Next is null ? node : last;
        }
    }

    /// <summary>Merges two branches into one, links it in place of an old branch, and updates the ranks from there upward.</summary>
    /// <param name="above">The parent of the merged branch; null if it becomes the root.</param>
    /// <param name="isSecond">Whether the merged branch becomes SecondNext of the parent, or Next.</param>
    /// <param name="one">A branch, or null.</param>
    /// <param name="other">Another branch, or null.</param>
    private void Meld(FenceCallback? above, bool isSecond, FenceCallback? one, FenceCallback? other)
    {
        ref FenceCallback? link = ref _first;
        if (above is not null)
        {
            link = ref isSecond ? ref above.SecondNext : ref above.Next;
        }

        int steps = 0;
        for (; one is not null && other is not null; steps++)
        {
            if (IsBefore(other, one))
            {
                (one, other) = (other, one);
            }

            if (!ReferenceEquals(link, one))
            {
                link = one;
                one.Previous = above;
            }

            above = one;
            isSecond = true;
            link = ref one.SecondNext;
            one = one.SecondNext;
        }

        one ??= other;
        link = one;
        one?.Previous = above;
        byte rank = RankOf(one);
        while (above is not null)
        {
            byte before = above.SecondRank;
            (isSecond ? ref above.SecondRank : ref above.NextRank) = rank;
            if (above.NextRank < above.SecondRank)
            {
                (above.Next, above.SecondNext) = (above.SecondNext, above.Next);
                (above.NextRank, above.SecondRank) = (above.SecondRank, above.NextRank);
            }

            if (--steps < 0 && above.SecondRank == before)
            {
                return; // above the merged branches, and the rank of this node has not changed
            }

            rank = RankOf(above);
            isSecond = IsSecond(above);
            above = above.Previous;
        }
    }

    private static byte RankOf(FenceCallback? branch) => branch is null ? (byte)0 : (byte)(branch.SecondRank + 1);

    private static bool IsSecond(FenceCallback node) => ReferenceEquals(node.Previous?.SecondNext, node);

    private static void ClearBranches(FenceCallback node)
    {
        node.SecondNext = null;
        node.NextRank = 0;
        node.SecondRank = 0;
    }

    /// <summary>Compares points first, then orders by their difference, since orders may wrap around.</summary>
    private static bool IsBefore(FenceCallback node, FenceCallback other) =>
        node.Target < other.Target || (node.Target == other.Target && unchecked(node.Order - other.Order) < 0);

    /// <summary>Returns the node that a walk over all nodes visits after the whole branch of this node.</summary>
    private static FenceCallback? BehindBranch(FenceCallback node)
    {
        for (FenceCallback? above = node.Previous; above is not null; above = above.Previous)
        {
            if (above.SecondNext is { } second && !ReferenceEquals(second, node))
            {
                return second;
            }

            node = above;
        }

        return null;
    }
}

/// <summary>Visits one node of a <see cref="WaiterHeap"/>.</summary>
internal delegate void WaiterVisitor<TState>(ref TState state, FenceCallback node);
