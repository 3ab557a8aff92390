// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>
/// The lock order as a file: to keep beside the source, to review, to merge from several runs, and to prime a validator with.
/// </summary>
/// <remarks>
/// Immutable and thread safe. <see cref="ToString"/> returns a text with one line for each pair, sorted, so that changes are easy to read
/// in a pull request.
/// </remarks>
[DebuggerDisplay("{Entries.Count} dependencies")]
public sealed partial class LockOrderSnapshot
{
    private readonly SortedDictionary<(string From, string To), LockDependencyKinds> _order;

    private LockOrderSnapshot(SortedDictionary<(string From, string To), LockDependencyKinds> order)
    {
        _order = order;
        Entries = [.. order.Select(static pair => new LockDependency(pair.Key.From, pair.Key.To, pair.Value))];
    }

    /// <summary>An empty snapshot.</summary>
    public static LockOrderSnapshot Empty { get; } = new(NewOrder());

    /// <summary>All pairs, sorted by name, without evidence.</summary>
    public IReadOnlyList<LockDependency> Entries { get; }

    /// <summary>Returns the union of this snapshot and another one.</summary>
    /// <param name="other">The other snapshot.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public LockOrderSnapshot Merge(LockOrderSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Create(Entries.Concat(other.Entries));
    }

    /// <summary>Compares this snapshot with a newer one.</summary>
    /// <param name="newer">The newer snapshot.</param>
    /// <returns>
    /// The pairs that only the newer snapshot has, and those that only this one has. A pair that has more modes in one of them counts there
    /// with those modes.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="newer"/> is null.</exception>
    public (IReadOnlyList<LockDependency> Added, IReadOnlyList<LockDependency> Removed) Compare(LockOrderSnapshot newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        return (Beyond(newer, this), Beyond(this, newer));
    }

    internal static LockOrderSnapshot Create(IEnumerable<LockDependency> entries)
    {
        var order = NewOrder();
        foreach (LockDependency entry in entries)
        {
            order[(entry.From, entry.To)] = order.GetValueOrDefault((entry.From, entry.To)) | entry.Kinds;
        }

        return new LockOrderSnapshot(order);
    }

    private static List<LockDependency> Beyond(LockOrderSnapshot more, LockOrderSnapshot less)
    {
        var beyond = new List<LockDependency>();
        foreach (LockDependency entry in more.Entries)
        {
            LockDependencyKinds kinds = entry.Kinds & ~less._order.GetValueOrDefault((entry.From, entry.To));
            if (kinds != LockDependencyKinds.None)
            {
                beyond.Add(entry with { Kinds = kinds });
            }
        }

        return beyond;
    }

    private static SortedDictionary<(string From, string To), LockDependencyKinds> NewOrder()
        => new(Comparer<(string From, string To)>.Create(static (left, right) =>
            string.CompareOrdinal(left.From, right.From) is var order and not 0 ? order : string.CompareOrdinal(left.To, right.To)));
}
