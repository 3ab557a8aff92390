// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// Ranges, each with a number and possibly an item, in a balanced (AVL) tree. It is written under its owner's lock and may be read without
/// it. Adding, removing and finding take O(log n); they allocate only when the tree grows.
/// </summary>
/// <remarks>
/// <para>The nodes are in one array and refer to each other by index; 0 is none. They are sorted by start, and by index for equal starts.
/// Each node stores the largest end and the largest number of its subtree, so that a search skips whole subtrees that end too early or are
/// too old.</para>
/// <para>A reader without the lock may find a tree that is being changed: circular links, torn ranges. So its search is bounded in steps
/// and checks every index against the array, and the result is valid only if the owner's version has not changed in the meantime.</para>
/// </remarks>
internal sealed class RangeTree<T>
    where T : class
{
    // An AVL tree with this many levels would need more nodes than an array can hold.
    private const int MostLevels = 48;
    private const int InitialNodes = 8;

    private Node[] _nodes = new Node[InitialNodes];
    private int _root;
    private int _unused; // the head of the free list, linked by Left
    private int _used; // nodes 1 to this one have been in use at some time

    private struct Node
    {
        public AddressRange Range;
        public ulong LargestEnd;
        public ulong Number;
        public ulong LargestNumber;
        public T? Item;
        public int Left;
        public int Right;
        public int Height;
    }

    /// <summary>The number of ranges.</summary>
    internal int Count { get; private set; }

    internal AddressRange RangeOf(int node) => _nodes[node].Range;

    internal ulong NumberOf(int node) => _nodes[node].Number;

    internal T? ItemOf(int node)
    {
        Node[] nodes = _nodes; // a reader without the lock may pass the index of a longer array
        return (uint)node < (uint)nodes.Length ? nodes[node].Item : null;
    }

    /// <summary>Adds a range, under the lock. Returns its node, whose index does not change until the node is removed.</summary>
    internal int Add(AddressRange range, ulong number, T? item)
    {
        int node = Take();
        _nodes[node] = new Node { Range = range, LargestEnd = range.End, Number = number, LargestNumber = number, Item = item, Height = 1 };
        _root = _root == 0 ? node : Insert(_root, node);
        Count++;
        return node;
    }

    /// <summary>Under the lock.</summary>
    internal void Remove(int node)
    {
        ref Node there = ref _nodes[node];
        _root = Count == 1 ? 0 : Delete(_root, node);
        there.Item = null;
        there.Left = _unused;
        _unused = node;
        Count--;
    }

    /// <summary>Under the lock.</summary>
    internal void Clear()
    {
        Array.Clear(_nodes, 0, Math.Min(_used + 1, _nodes.Length));
        _root = 0;
        _unused = 0;
        _used = 0;
        Count = 0;
    }

    /// <summary>Under the lock: gives a range another number.</summary>
    internal void Renumber(int node, ulong number)
    {
        _nodes[node].Number = number;
        UpdatePath(_root, node);
    }

    /// <summary>
    /// Finds a range that overlaps, has a number above <paramref name="after"/>, and that the filter accepts; 0 when there is none.
    /// </summary>
    /// <param name="range">The range to overlap.</param>
    /// <param name="after">Ranges with a number up to this one are ignored.</param>
    /// <param name="filter">Asked about each remaining range.</param>
    /// <param name="steps">The maximum number of nodes to look at. Under the lock, pass more than there are.</param>
    /// <param name="isSure">False when the search was cut off, because it was too long or the tree was inconsistent.</param>
    internal int Find<TFilter>(AddressRange range, ulong after, ref TFilter filter, int steps, out bool isSure)
        where TFilter : struct, IRangeFilter<T>
    {
        Node[] nodes = _nodes;
        Span<int> later = stackalloc int[MostLevels];
        int depth = 0;
        int next = _root;
        isSure = false;
        while (true)
        {
            if (next == 0)
            {
                if (depth == 0)
                {
                    isSure = true;
                    return 0;
                }

                next = later[--depth];
                ref readonly Node node = ref nodes[next];
                if (node.Range.Start >= range.End)
                {
                    next = 0; // all following ranges start even later
                    depth = 0;
                    continue;
                }

                if (node.Number > after && node.Range.End > range.Start && filter.Accepts(node.Number, node.Item))
                {
                    isSure = true;
                    return next;
                }

                next = node.Right;
                continue;
            }

            if ((uint)next >= (uint)nodes.Length || --steps < 0 || depth == MostLevels)
            {
                return 0;
            }

            ref readonly Node branch = ref nodes[next];
            if (branch.LargestEnd <= range.Start || branch.LargestNumber <= after)
            {
                next = 0;
                continue;
            }

            later[depth++] = next;
            next = branch.Left;
        }
    }

    /// <summary>Under the lock: the node before a node, in the order of the tree; 0 for none.</summary>
    internal int Before(int node)
    {
        int before = 0;
        for (int next = _root; next != 0;)
        {
            if (IsBefore(next, node))
            {
                before = next;
                next = _nodes[next].Right;
            }
            else
            {
                next = _nodes[next].Left;
            }
        }

        return before;
    }

    /// <summary>Under the lock: the node after a node, in the order of the tree; 0 for none.</summary>
    internal int Behind(int node)
    {
        int behind = 0;
        for (int next = _root; next != 0;)
        {
            if (IsBefore(node, next))
            {
                behind = next;
                next = _nodes[next].Left;
            }
            else
            {
                next = _nodes[next].Right;
            }
        }

        return behind;
    }

    private bool IsBefore(int node, int other)
    {
        ulong start = _nodes[node].Range.Start;
        ulong otherStart = _nodes[other].Range.Start;
        return start < otherStart || (start == otherStart && node < other);
    }

    private int Take()
    {
        if (_unused != 0)
        {
            int node = _unused;
            _unused = _nodes[node].Left;
            return node;
        }

        if (++_used == _nodes.Length)
        {
            Array.Resize(ref _nodes, _nodes.Length * 2);
        }

        return _used;
    }

    private int Insert(int top, int node)
    {
        if (top == 0)
        {
            return node;
        }

        if (IsBefore(node, top))
        {
            _nodes[top].Left = Insert(_nodes[top].Left, node);
        }
        else
        {
            _nodes[top].Right = Insert(_nodes[top].Right, node);
        }

        return Balance(top);
    }

    private int Delete(int top, int node)
    {
        Debug.Assert(top != 0, "Who removes a node has added it.");
        ref Node there = ref _nodes[top];
        if (top == node)
        {
            if (there.Left == 0 || there.Right == 0)
            {
                return there.Left | there.Right;
            }

            int right = TakeFirst(there.Right, out int first);
            _nodes[first].Left = there.Left;
            _nodes[first].Right = right;
            return Balance(first);
        }

        if (IsBefore(node, top))
        {
            there.Left = Delete(there.Left, node);
        }
        else
        {
            there.Right = Delete(there.Right, node);
        }

        return Balance(top);
    }

    private int TakeFirst(int top, out int first)
    {
        ref Node there = ref _nodes[top];
        if (there.Left == 0)
        {
            first = top;
            return there.Right;
        }

        there.Left = TakeFirst(there.Left, out first);
        return Balance(top);
    }

    private void UpdatePath(int top, int node)
    {
        if (top != node)
        {
            UpdatePath(IsBefore(node, top) ? _nodes[top].Left : _nodes[top].Right, node);
        }

        Update(top);
    }

    private int Balance(int top)
    {
        Update(top);
        ref Node there = ref _nodes[top];
        int lean = _nodes[there.Left].Height - _nodes[there.Right].Height;
        if (lean > 1)
        {
            ref Node left = ref _nodes[there.Left];
            if (_nodes[left.Left].Height < _nodes[left.Right].Height)
            {
                there.Left = RotateLeft(there.Left);
            }

            return RotateRight(top);
        }

        if (lean < -1)
        {
            ref Node right = ref _nodes[there.Right];
            if (_nodes[right.Right].Height < _nodes[right.Left].Height)
            {
                there.Right = RotateRight(there.Right);
            }

            return RotateLeft(top);
        }

        return top;
    }

    private int RotateLeft(int top)
    {
        int right = _nodes[top].Right;
        _nodes[top].Right = _nodes[right].Left;
        _nodes[right].Left = top;
        Update(top);
        Update(right);
        return right;
    }

    private int RotateRight(int top)
    {
        int left = _nodes[top].Left;
        _nodes[top].Left = _nodes[left].Right;
        _nodes[left].Right = top;
        Update(top);
        Update(left);
        return left;
    }

    private void Update(int node)
    {
        ref Node there = ref _nodes[node];
        ref readonly Node left = ref _nodes[there.Left];
        ref readonly Node right = ref _nodes[there.Right];
        there.Height = 1 + Math.Max(left.Height, right.Height);
        there.LargestEnd = Math.Max(there.Range.End, Math.Max(left.LargestEnd, right.LargestEnd));
        there.LargestNumber = Math.Max(there.Number, Math.Max(left.LargestNumber, right.LargestNumber));
    }
}

/// <summary>The filter of <see cref="RangeTree{T}.Find"/>. Implemented by structs, so that the call is direct.</summary>
internal interface IRangeFilter<in T>
    where T : class
{
    /// <summary>Whether an overlapping range is accepted.</summary>
    bool Accepts(ulong number, T? item);
}
