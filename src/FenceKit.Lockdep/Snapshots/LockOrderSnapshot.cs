// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Lockdep;

/// <summary>One line of a snapshot: a class, or class/subclass, that was taken while another was held.</summary>
/// <param name="From">The class that was held.</param>
/// <param name="To">The class that was taken inside.</param>
/// <param name="Kinds">In which modes.</param>
[DebuggerDisplay("{From,nq} -> {To,nq} ({Kinds})")]
public readonly record struct LockOrderEntry(string From, string To, LockDependencyKinds Kinds);

/// <summary>What two snapshots differ in.</summary>
/// <param name="Added">Only in the newer one, or there in more modes.</param>
/// <param name="Removed">Only in the older one, or there in more modes.</param>
[DebuggerDisplay("{Added.Count} added, {Removed.Count} removed")]
public sealed record LockOrderComparison(IReadOnlyList<LockOrderEntry> Added, IReadOnlyList<LockOrderEntry> Removed)
{
    /// <summary>True when there is no difference.</summary>
    public bool IsEmpty => Added.Count == 0 && Removed.Count == 0;
}

/// <summary>The order of locks as an artefact: to keep beside the source, to review, to merge from several runs, and to prime a validator with.</summary>
/// <remarks>Immutable and thread safe. <see cref="ToString"/> gives a text with one line for each pair, sorted, so that changes read well in a pull request.</remarks>
[DebuggerDisplay("{Entries.Count} dependencies")]
public sealed partial class LockOrderSnapshot
{
    private readonly SortedDictionary<(string From, string To), LockDependencyKinds> _order;

    private LockOrderSnapshot(SortedDictionary<(string From, string To), LockDependencyKinds> order)
    {
        _order = order;
        Entries = [.. order.Select(static pair => new LockOrderEntry(pair.Key.From, pair.Key.To, pair.Value))];
    }

    /// <summary>A snapshot with nothing in it.</summary>
    public static LockOrderSnapshot Empty { get; } = new(NewOrder());

    /// <summary>All pairs, sorted by name.</summary>
    public IReadOnlyList<LockOrderEntry> Entries { get; }

    /// <summary>Everything that is in this snapshot or in the other.</summary>
    /// <param name="other">The other snapshot.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public LockOrderSnapshot Merge(LockOrderSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Create(Entries.Concat(other.Entries));
    }

    /// <summary>What a newer snapshot adds to this one, and what it lacks.</summary>
    /// <param name="newer">The newer snapshot.</param>
    /// <exception cref="ArgumentNullException"><paramref name="newer"/> is null.</exception>
    public LockOrderComparison Compare(LockOrderSnapshot newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        return new LockOrderComparison(Beyond(newer, this), Beyond(this, newer));
    }

    internal static LockOrderSnapshot Create(IEnumerable<LockOrderEntry> entries)
    {
        var order = NewOrder();
        foreach (LockOrderEntry entry in entries)
        {
            order[(entry.From, entry.To)] = order.GetValueOrDefault((entry.From, entry.To)) | entry.Kinds;
        }

        return new LockOrderSnapshot(order);
    }

    private static List<LockOrderEntry> Beyond(LockOrderSnapshot more, LockOrderSnapshot less)
    {
        var beyond = new List<LockOrderEntry>();
        foreach (LockOrderEntry entry in more.Entries)
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
