// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Remembers which ranges have been invalidated, each with the number of the last invalidation. Entries are kept by range, not by age:
/// repeated invalidations of one range take one entry, so they never affect a reader of another range, however long it takes.
/// </summary>
/// <remarks>
/// <para>The ranges are disjoint. A new range replaces those that it covers; of a range that it covers in part, the rest stays with its old
/// number. When there are too many, the range that was touched longest ago is joined with its nearest neighbor, and the gap between the two
/// then counts as touched. A reader in that gap that began earlier has to start again, once. So nothing is ever forgotten, and readers
/// elsewhere are not affected.</para>
/// <para>Written under the ledger's lock; <see cref="WasTouched"/> may be called without it, see <see cref="RangeTree{T}"/>.</para>
/// </remarks>
internal sealed class RememberedRanges(int capacity)
{
    private readonly RangeTree<object> _ranges = new();
    private (int Older, int Newer)[] _order = new (int, int)[8]; // a doubly linked list of all nodes, by rising number
    private int _oldest;
    private int _newest;
    private ulong _forgotten; // invalidations up to this number are no longer known

    internal int Count => _ranges.Count;

    /// <summary>
    /// Under the lock: records that the range was invalidated, with a number no lower than all before it. Allocates only when it grows.
    /// </summary>
    internal void Note(AddressRange range, ulong number)
    {
        if (_newest != 0 && _ranges.RangeOf(_newest) == range)
        {
            _ranges.Renumber(_newest, number); // repeated: it is already the newest
            return;
        }

        Any all = default;
        while (_ranges.Find(range, 0, ref all, int.MaxValue, out _) is not 0 and int node)
        {
            AddressRange known = _ranges.RangeOf(node);
            if (known == range)
            {
                Unlink(node);
                _ranges.Renumber(node, number);
                LinkBehind(node, _newest);
                return;
            }

            ulong then = _ranges.NumberOf(node);
            int older = _order[node].Older;
            Remove(node);
            if (known.Start < range.Start)
            {
                older = Add(new AddressRange(known.Start, range.Start), then, older);
            }

            if (known.End > range.End)
            {
                Add(new AddressRange(range.End, known.End), then, older);
            }
        }

        Add(range, number, _newest);
        while (_ranges.Count > capacity)
        {
            JoinOldest();
        }
    }

    /// <summary>
    /// Under the lock: forgets all ranges. A reader that began at a number below this one is told that everything was touched.
    /// </summary>
    internal void Forget(ulong number)
    {
        _ranges.Clear();
        _oldest = 0;
        _newest = 0;
        _forgotten = number;
    }

    /// <summary>
    /// Whether any part of the range was invalidated after a number. For a call without the lock, see <see cref="RangeTree{T}.Find"/>.
    /// </summary>
    internal bool WasTouched(AddressRange range, ulong after, int steps, out bool isSure)
    {
        Any all = default;
        return _ranges.Find(range, after, ref all, steps, out isSure) != 0 || after < _forgotten;
    }

    private void JoinOldest()
    {
        int oldest = _oldest;
        int before = _ranges.Before(oldest);
        int behind = _ranges.Behind(oldest);
        AddressRange range = _ranges.RangeOf(oldest);
        bool isBeforeNearer = behind == 0
            || (before != 0 && range.Start - _ranges.RangeOf(before).End <= _ranges.RangeOf(behind).Start - range.End);
        int neighbor = isBeforeNearer ? before : behind;
        if (neighbor == 0)
        {
            return;
        }

        AddressRange other = _ranges.RangeOf(neighbor);
        ulong number = _ranges.NumberOf(neighbor); // the later of the two
        int older = _order[neighbor].Older;
        Remove(oldest);
        Remove(neighbor);
        Add(new AddressRange(Math.Min(range.Start, other.Start), Math.Max(range.End, other.End)), number, older == oldest ? 0 : older);
    }

    private void Remove(int node)
    {
        Unlink(node);
        _ranges.Remove(node);
    }

    private int Add(AddressRange range, ulong number, int older)
    {
        int node = _ranges.Add(range, number, item: null);
        if (node >= _order.Length)
        {
            Array.Resize(ref _order, Math.Max(node + 1, _order.Length * 2));
        }

        LinkBehind(node, older);
        return node;
    }

    private void LinkBehind(int node, int older)
    {
        int newer = older == 0 ? _oldest : _order[older].Newer;
        _order[node] = (older, newer);
        (older == 0 ? ref _oldest : ref _order[older].Newer) = node;
        (newer == 0 ? ref _newest : ref _order[newer].Older) = node;
    }

    private void Unlink(int node)
    {
        (int older, int newer) = _order[node];
        (older == 0 ? ref _oldest : ref _order[older].Newer) = newer;
        (newer == 0 ? ref _newest : ref _order[newer].Older) = older;
    }

    /// <summary>Accepts every overlapping range.</summary>
    private readonly struct Any : IRangeFilter<object>
    {
        public bool Accepts(ulong number, object? item) => true;
    }
}
