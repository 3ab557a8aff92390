// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// Those who wait for one timeline and did not come in the order of their points: a treap, sorted by point, first come first served within a
/// point. Adding, removing and taking the first cost O(log n) steps, and nothing is allocated: the nodes are the callers' own.
/// </summary>
/// <remarks>
/// <para>Under the lock bit of the timeline. The two links of a node lead to what comes before it and behind it in its branch, instead of to its
/// neighbors. A treap is balanced by chance: no node has a lower rank than one below it, and the ranks are scrambled numbers. So nobody
/// who chooses the points can choose the shape.</para>
/// <para>A field that is not readonly; a copy is another tree over the same nodes.</para>
/// </remarks>
internal struct WaiterTree
{
    private FenceCallback? _root;
    private int _lastOrder; // of the node that came last; begins anew whenever the tree is empty

    internal readonly bool IsEmpty => _root is null;

    /// <summary>Adds a node that is in no list and whose links are null, behind those of the same point.</summary>
    internal void Add(FenceCallback node)
    {
        node.TreeOrder = ++_lastOrder == 0 ? ++_lastOrder : _lastOrder; // 0 is no order
        uint rank = RankOf(node);
        ref FenceCallback? link = ref _root;
        while (link is { } above && RankOf(above) >= rank)
        {
            link = ref above.Target <= node.Target ? ref above.Next : ref above.Previous;
        }

        FenceCallback? branch = link;
        link = node;
        Split(branch, node.Target, out node.Previous, out node.Next);
    }

    internal void Remove(FenceCallback node)
    {
        ref FenceCallback? link = ref _root;
        while (!ReferenceEquals(link, node))
        {
            link = ref IsBefore(node, link!) ? ref link!.Previous : ref link!.Next;
        }

        link = Join(node.Previous, node.Next);
        Clear(node);
    }

    /// <summary>Whether somebody here waits for this very point.</summary>
    internal readonly bool Contains(ulong target)
    {
        FenceCallback? node = _root;
        while (node is not null && node.Target != target)
        {
            node = node.Target < target ? node.Next : node.Previous;
        }

        return node is not null;
    }

    /// <summary>Takes out the node of the lowest point.</summary>
    internal bool TryTakeFirst([NotNullWhen(true)] out FenceCallback? first)
    {
        first = _root;
        if (first is null)
        {
            return false;
        }

        ref FenceCallback? link = ref _root;
        while (link!.Previous is not null)
        {
            link = ref link.Previous;
        }

        first = link;
        link = first.Next;
        Clear(first);
        return true;
    }

    /// <summary>Takes out all nodes up to a point. They are linked through Next, in their order.</summary>
    internal FenceCallback? TakeUpTo(ulong target)
    {
        Split(_root, target, out FenceCallback? taken, out _root);
        _lastOrder = _root is null ? 0 : _lastOrder;

        // What comes before a node is turned above it, until nothing does: no stack, and each node is touched twice at most.
        ref FenceCallback? link = ref taken;
        while (link is { } node)
        {
            if (node.Previous is { } before)
            {
                node.Previous = before.Next;
                before.Next = node;
                link = before;
            }
            else
            {
                node.TreeOrder = 0;
                link = ref node.Next;
            }
        }

        return taken;
    }

    /// <summary>Calls <paramref name="visit"/> for each node, in their order.</summary>
    internal readonly void Visit<TState>(ref TState state, WaiterVisitor<TState> visit) => Visit(_root, ref state, visit);

    [Conditional("DEBUG")]
    internal readonly void AssertInvariants() => AssertBranch(_root, lowest: 0, highest: ulong.MaxValue);

    private static void Visit<TState>(FenceCallback? branch, ref TState state, WaiterVisitor<TState> visit)
    {
        for (; branch is not null; branch = branch.Next) // as deep as the tree is high
        {
            Visit(branch.Previous, ref state, visit);
            visit(ref state, branch);
        }
    }

    private static void AssertBranch(FenceCallback? branch, ulong lowest, ulong highest)
    {
        if (branch is null)
        {
            return;
        }

        Debug.Assert(branch.TreeOrder != 0, "A node of the tree has an order.");
        Debug.Assert(branch.Target >= lowest && branch.Target <= highest, "The tree is sorted by point.");
        foreach (FenceCallback? below in (ReadOnlySpan<FenceCallback?>)[branch.Previous, branch.Next])
        {
            Debug.Assert(below is null || RankOf(below) <= RankOf(branch), "No node has a lower rank than one below it.");
        }

        AssertBranch(branch.Previous, lowest, branch.Target);
        AssertBranch(branch.Next, branch.Target, highest);
    }

    /// <summary>Cuts a branch in two: up to a point, and behind it.</summary>
    private static void Split(FenceCallback? branch, ulong target, out FenceCallback? upTo, out FenceCallback? behind)
    {
        upTo = null;
        behind = null;
        ref FenceCallback? endOfFirst = ref upTo;
        ref FenceCallback? startOfSecond = ref behind;
        while (branch is not null)
        {
            if (branch.Target <= target)
            {
                endOfFirst = branch;
                endOfFirst = ref branch.Next;
                branch = branch.Next;
            }
            else
            {
                startOfSecond = branch;
                startOfSecond = ref branch.Previous;
                branch = branch.Previous;
            }
        }

        endOfFirst = null;
        startOfSecond = null;
    }

    /// <summary>Makes one branch of two, of which one comes before the other.</summary>
    private static FenceCallback? Join(FenceCallback? before, FenceCallback? behind)
    {
        FenceCallback? joined = null;
        ref FenceCallback? link = ref joined;
        while (before is not null && behind is not null)
        {
            if (RankOf(before) >= RankOf(behind))
            {
                link = before;
                link = ref before.Next;
                before = before.Next;
            }
            else
            {
                link = behind;
                link = ref behind.Previous;
                behind = behind.Previous;
            }
        }

        link = before ?? behind;
        return joined;
    }

    private void Clear(FenceCallback node)
    {
        node.Previous = null;
        node.Next = null;
        node.TreeOrder = 0;
        _lastOrder = _root is null ? 0 : _lastOrder;
    }

    /// <summary>Orders may have come round, so it is their distance that counts.</summary>
    private static bool IsBefore(FenceCallback node, FenceCallback other) =>
        node.Target < other.Target || (node.Target == other.Target && unchecked(node.TreeOrder - other.TreeOrder) < 0);

    /// <summary>The order, scrambled: each bit of it changes half of the bits (the last steps of MurmurHash3).</summary>
    private static uint RankOf(FenceCallback node)
    {
        uint bits = (uint)node.TreeOrder;
        bits = (bits ^ (bits >> 16)) * 0x85EBCA6B;
        bits = (bits ^ (bits >> 13)) * 0xC2B2AE35;
        return bits ^ (bits >> 16);
    }
}

/// <summary>Looks at one node of a <see cref="WaiterTree"/>.</summary>
internal delegate void WaiterVisitor<TState>(ref TState state, FenceCallback node);
