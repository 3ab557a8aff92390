// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// Who waits for one timeline: the one of the lowest point first, first come first served within a point. Everything is under its lock bit.
/// </summary>
/// <remarks>
/// <para>A leftist heap of the callers' own nodes. Behind each node come two branches, <see cref="FenceCallback.Next"/> and
/// <see cref="FenceCallback.SecondNext"/>, in which nobody is before it; both lead back to it through <see cref="FenceCallback.Previous"/>. The rank
/// of a branch is the number of nodes along SecondNext, and that of Next is never the lower one. Those who come in the order of their points, or in
/// the reverse, have no second branches: they are a doubly linked list.</para>
/// <code>
/// who                                                    steps
/// -----------------------------------------------------  ---------------------------
/// comes behind the newest who has nobody behind him yet  O(1)
/// comes before the first                                 O(1)
/// comes anywhere else                                    O(log n)
/// leaves                                                 O(1) in a list, or O(log n)
/// are taken by a signal: k of n                          O(k) in a list, or O(k log n)
/// </code>
/// <para>Why logarithms, and in the worst case: a branch of rank r has 2^r - 1 nodes at least, because both branches of its first have rank r - 1 at
/// least. So no way along SecondNext is longer than log n, and <see cref="Meld"/> goes those ways only. Back up it goes further only while ranks
/// change; the branch that changes is then the one that decides, before or after, so along the way up the deciding ranks grow by one a
/// step. Ways along Next may be as long as they like: nobody goes them. So the lock bit is never held for a walk that grows with the number of
/// those who wait, but for taking those whom a signal completes.</para>
/// <para>Both ranks stand in the node above, for a branch that is not gone into is a cache line that is not touched. A field that is not readonly; a
/// copy is another heap over the same nodes.</para>
/// </remarks>
internal struct WaiterHeap
{
    private FenceCallback? _first;

    /// <summary>
    /// Null while at most one waits, which saves the usual case a write barrier. Otherwise one of those who wait: the newest who had nobody behind him,
    /// as long as that one waits. Newcomers try there first.
    /// </summary>
    private FenceCallback? _last;

    private int _lastOrder; // of the node that came last; begins anew whenever one is alone

    internal readonly bool IsEmpty => _first is null;

    /// <summary>Adds a node that is in no heap. Its links are null, and its ranks 0: a node that leaves has them cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(FenceCallback node)
    {
        if (_first is null)
        {
            _first = node; // whatever its order is: the next one gets a higher one
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
            _first = null; // alone: its links are null
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

    /// <summary>Takes out all nodes up to a point, linked through Next in their order. Who runs them clears the links Next and Previous.</summary>
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
                end = first; // in a list it is linked already
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
            _last = rest; // that one has gone
        }

        return batch;
    }

    /// <summary>Calls <paramref name="visit"/> for each node.</summary>
    /// <returns>Whether that was in their order.</returns>
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

    /// <param name="completed">The counter of the timeline as it will be when the lock bit is left.</param>
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

    /// <summary>Where somebody waits already.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Insert(FenceCallback node)
    {
        FenceCallback last = _last ?? _first!;
        _lastOrder = unchecked((_last is null ? last.Order : _lastOrder) + 1);
        node.Order = _lastOrder;
        if (last.Next is null && last.Target <= node.Target)
        {
            last.Next = node; // its own rank stays as it is: there is still no second branch
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

    /// <summary>Makes one branch of two, in a place whose old branch is given up, and mends the ranks from there upward.</summary>
    /// <param name="above">Behind whom the place is; null for that of the first.</param>
    /// <param name="isSecond">Which of the two places behind that one it is.</param>
    /// <param name="one">A branch, or null.</param>
    /// <param name="other">Another one.</param>
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
                return; // above the two branches, and its own rank has not changed
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

    /// <summary>Orders may have come round, so it is their distance that counts.</summary>
    private static bool IsBefore(FenceCallback node, FenceCallback other) =>
        node.Target < other.Target || (node.Target == other.Target && unchecked(node.Order - other.Order) < 0);

    /// <summary>Whom a walk over all nodes visits when it has been everywhere behind this one.</summary>
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

/// <summary>Looks at one node of a <see cref="WaiterHeap"/>.</summary>
internal delegate void WaiterVisitor<TState>(ref TState state, FenceCallback node);
