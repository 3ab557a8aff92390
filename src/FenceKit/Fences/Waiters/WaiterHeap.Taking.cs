// SPDX-License-Identifier: MIT
namespace FenceKit;

// What a signal takes out. In a list it is the beginning. In a heap it is the top: all whom the signal completes hang together, since nobody behind a
// node is before it. They are cut off in one walk and sorted then, for taking the first again and again would mend ranks once for each of them.
internal partial struct WaiterHeap
{
    /// <summary>Takes out all nodes up to a point, linked through Next in their order. Who runs them clears the links Next and Previous.</summary>
    internal FenceCallback? TakeUpTo(ulong target)
    {
        FenceCallback? batch = _first;
        FenceCallback? end = null;
        FenceCallback? rest = batch;
        while (rest is { SecondNext: null } next && next.Target <= target) // linked as they should be already
        {
            end = next;
            rest = next.Next;
            next.NextRank = 0;
        }

        FenceCallback? top = null;
        if (rest is not null && rest.Target <= target)
        {
            top = TakeTop(rest, target);
            rest = _first;
        }

        (end is null ? ref batch : ref end.Next) = top;
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

    /// <summary>Cuts the top off a heap, and makes one heap of what was behind it.</summary>
    /// <returns>The nodes of the top, sorted.</returns>
    private FenceCallback? TakeTop(FenceCallback first, ulong target)
    {
        FenceCallback? taken = null;
        int count = 0;
        Branches left = default;
        FenceCallback? pending = first; // a stack that is linked through Previous
        first.Previous = null;
        while (pending is { } node)
        {
            pending = node.Previous;
            Divide(node.SecondNext, target, ref pending, ref left);
            Divide(node.Next, target, ref pending, ref left);
            ClearBranches(node);
            node.Next = taken;
            taken = node;
            count++;
        }

        _first = null;
        while (left.TryTakeTwo(out FenceCallback? one, out FenceCallback? other))
        {
            // Neighbors first, then what came of them: each takes part in as few as in a tournament.
            Meld(above: null, isSecond: false, one, other);
            if (other is not null && !left.IsEmpty)
            {
                left.Add(_first!);
            }
        }

        return Sort(ref taken, count);
    }

    private static void Divide(FenceCallback? branch, ulong target, ref FenceCallback? pending, ref Branches left)
    {
        if (branch is null)
        {
            return;
        }

        if (branch.Target <= target)
        {
            branch.Previous = pending;
            pending = branch;
        }
        else
        {
            left.Add(branch);
        }
    }

    /// <summary>Sorts the first so many nodes of a list, as deep as the logarithm of their number.</summary>
    /// <param name="rest">The list; what is behind them at the end.</param>
    /// <param name="count">How many, at least 1.</param>
    private static FenceCallback? Sort(ref FenceCallback? rest, int count)
    {
        if (count > 1)
        {
            FenceCallback? one = Sort(ref rest, count / 2);
            return Merge(one, Sort(ref rest, count - (count / 2)));
        }

        FenceCallback? alone = rest;
        rest = alone!.Next;
        alone.Next = null;
        return alone;
    }

    private static FenceCallback? Merge(FenceCallback? one, FenceCallback? other)
    {
        FenceCallback? merged = null;
        ref FenceCallback? end = ref merged;
        while (one is not null && other is not null)
        {
            ref FenceCallback? next = ref IsBefore(other, one) ? ref other : ref one;
            end = next;
            end = ref next.Next;
            next = next.Next;
        }

        end = one ?? other;
        return merged;
    }

    /// <summary>Branches that wait to be made one: a queue that is linked through Previous, for the first of a branch has nobody above it.</summary>
    private struct Branches
    {
        private FenceCallback? _first;
        private FenceCallback? _last;

        public readonly bool IsEmpty => _first is null;

        public void Add(FenceCallback branch)
        {
            branch.Previous = null;
            (_first is null ? ref _first : ref _last!.Previous) = branch;
            _last = branch;
        }

        /// <summary>Takes the two that have waited longest, or the last one with nobody.</summary>
        public bool TryTakeTwo(out FenceCallback? one, out FenceCallback? other)
        {
            one = Take();
            other = Take();
            return one is not null;
        }

        private FenceCallback? Take()
        {
            FenceCallback? branch = _first;
            _first = branch?.Previous;
            branch?.Previous = null;
            return branch;
        }
    }
}
