// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The callback of <see cref="IntervalIndex{T}.Visit"/>. Implemented by structs, so that the call is direct.</summary>
internal interface IIntervalVisitor<in T>
{
    /// <summary>Visits an item. A result of false ends the walk.</summary>
    bool Visit(T item);
}

/// <summary>
/// An immutable interval tree: a balanced (AVL) tree sorted by start and then by number, in which every node stores the largest end of its
/// subtree. Readers take the root and walk without a lock; a change creates new nodes along one path and shares the rest.
/// </summary>
/// <remarks>
/// Insert and remove take O(log n) time and allocate O(log n) nodes. Visit allocates nothing and takes O(log n + k log(n/k)) for k hits, or
/// O(log n + k) when the hits are adjacent. Items are visited by rising start, and for equal starts in the order of insertion.
/// </remarks>
internal sealed class IntervalIndex<T>
    where T : class
{
    private readonly AddressRange _range;
    private readonly ulong _number;
    private readonly T _item;
    private readonly IntervalIndex<T>? _left;
    private readonly IntervalIndex<T>? _right;
    private readonly ulong _largestEnd;
    private readonly int _height;

    private IntervalIndex(AddressRange range, ulong number, T item, IntervalIndex<T>? left, IntervalIndex<T>? right)
    {
        _range = range;
        _number = number;
        _item = item;
        _left = left;
        _right = right;
        _height = 1 + Math.Max(HeightOf(left), HeightOf(right));
        _largestEnd = Math.Max(range.End, Math.Max(left?._largestEnd ?? 0, right?._largestEnd ?? 0));
    }

    /// <summary>Returns the tree with one more item. An empty tree is null.</summary>
    internal static IntervalIndex<T> Insert(IntervalIndex<T>? tree, AddressRange range, ulong number, T item)
    {
        if (tree is null)
        {
            return new IntervalIndex<T>(range, number, item, left: null, right: null);
        }

        return tree.IsAfter(range, number)
            ? tree.Balance(Insert(tree._left, range, number, item), tree._right)
            : tree.Balance(tree._left, Insert(tree._right, range, number, item));
    }

    /// <summary>Returns the tree without an item, or the same tree if the item is not in it.</summary>
    internal static IntervalIndex<T>? Remove(IntervalIndex<T>? tree, AddressRange range, ulong number)
    {
        if (tree is null)
        {
            return null;
        }

        if (tree._number == number)
        {
            if (tree._left is null || tree._right is null)
            {
                return tree._left ?? tree._right;
            }

            IntervalIndex<T> successor = tree._right.Leftmost();
            return successor.Balance(tree._left, Remove(tree._right, successor._range, successor._number));
        }

        if (tree.IsAfter(range, number))
        {
            IntervalIndex<T>? left = Remove(tree._left, range, number);
            return ReferenceEquals(left, tree._left) ? tree : tree.Balance(left, tree._right);
        }

        IntervalIndex<T>? right = Remove(tree._right, range, number);
        return ReferenceEquals(right, tree._right) ? tree : tree.Balance(tree._left, right);
    }

    /// <summary>Visits every item whose range overlaps <paramref name="range"/>; false when the visitor ended the walk.</summary>
    internal static bool Visit<TVisitor>(IntervalIndex<T>? tree, AddressRange range, ref TVisitor visitor)
        where TVisitor : struct, IIntervalVisitor<T>, allows ref struct
    {
        // Recursion goes to the left and the loop goes to the right, so the depth of the recursion is at most the height of the tree, which
        // is logarithmic.
        while (tree is not null && tree._largestEnd > range.Start)
        {
            if (tree._left is { } left && left._largestEnd > range.Start && !Visit(left, range, ref visitor))
            {
                return false;
            }

            if (tree._range.Start >= range.End)
            {
                return true;
            }

            if (tree._range.End > range.Start && !visitor.Visit(tree._item))
            {
                return false;
            }

            tree = tree._right;
        }

        return true;
    }

    /// <summary>Throws if the tree is not sorted, not balanced, or has a wrong largest end. Called by tests only.</summary>
    internal static void CheckInvariants(IntervalIndex<T>? tree)
    {
        if (tree is null)
        {
            return;
        }

        CheckInvariants(tree._left);
        CheckInvariants(tree._right);
        bool sorted = (tree._left is null || tree.IsAfter(tree._left._range, tree._left._number))
            && (tree._right is null || tree._right.IsAfter(tree._range, tree._number));
        bool balanced = Math.Abs(HeightOf(tree._left) - HeightOf(tree._right)) <= 1;
        ulong largestEnd = Math.Max(tree._range.End, Math.Max(tree._left?._largestEnd ?? 0, tree._right?._largestEnd ?? 0));
        if (!sorted || !balanced || largestEnd != tree._largestEnd)
        {
            throw new InvalidOperationException($"Interval index: sorted {sorted}, balanced {balanced}, largest end {tree._largestEnd:x} for {largestEnd:x}.");
        }
    }

    private static int HeightOf(IntervalIndex<T>? tree) => tree?._height ?? 0;

    private bool IsAfter(AddressRange range, ulong number) =>
        _range.Start > range.Start || (_range.Start == range.Start && _number > number);

    private IntervalIndex<T> Leftmost()
    {
        IntervalIndex<T> node = this;
        while (node._left is not null)
        {
            node = node._left;
        }

        return node;
    }

    private IntervalIndex<T> With(IntervalIndex<T>? left, IntervalIndex<T>? right) => new(_range, _number, _item, left, right);

    /// <summary>
    /// Returns this node with two subtrees whose heights differ by at most two, rotated so that they differ by at most one.
    /// </summary>
    private IntervalIndex<T> Balance(IntervalIndex<T>? left, IntervalIndex<T>? right)
    {
        int lean = HeightOf(left) - HeightOf(right);
        if (lean > 1)
        {
            return HeightOf(left!._left) >= HeightOf(left._right)
                ? left.With(left._left, With(left._right, right))
                : left._right!.With(left.With(left._left, left._right._left), With(left._right._right, right));
        }

        if (lean < -1)
        {
            return HeightOf(right!._right) >= HeightOf(right._left)
                ? right.With(With(left, right._left), right._right)
                : right._left!.With(With(left, right._left._left), right.With(right._left._right, right._right));
        }

        return With(left, right);
    }
}
