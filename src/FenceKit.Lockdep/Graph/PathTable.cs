// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

/// <summary>
/// The paths on which a lock was wanted: one for each list of held locks and the source lines of their acquisitions, whereas one situation
/// covers all source lines. Used only to check sets with locks that were not released in reverse order of acquisition. Guarded by the
/// validator's gate.
/// </summary>
internal sealed class PathTable
{
    /// <summary>The maximum depth. Only the lower part of a deeper path is kept; nothing certain follows from the rest.</summary>
    public const int MostDepth = 32;

    private readonly Dictionary<ulong, List<Situation>> _byBeginning = [];
    private readonly Dictionary<ulong, List<Situation>> _byLocks = [];
    private long _lastNumber;

    public void Add(Situation situation)
    {
        situation.Number = ++_lastNumber;
        ListAt(_byLocks, LocksOf(situation)).Add(situation);
        ulong key = 0;
        for (int i = 0; i < Math.Min(situation.Held.Length, MostDepth); i++)
        {
            key = With(key, situation.Held[i]);
            ListAt(_byBeginning, key).Add(situation);
        }
    }

    /// <summary>All paths that begin with these locks, acquired at these source lines, in the order of observation.</summary>
    public IReadOnlyList<Situation> BeginningWith(SituationItem[] held)
    {
        ulong key = 0;
        foreach (SituationItem item in held)
        {
            key = With(key, item);
        }

        return _byBeginning.TryGetValue(key, out List<Situation>? paths) ? paths : [];
    }

    /// <summary>All paths on which the same lock was wanted with the same locks held, at any source line.</summary>
    public IReadOnlyList<Situation> LikeThat(Situation situation) => _byLocks.TryGetValue(LocksOf(situation), out List<Situation>? paths) ? paths : [];

    public void Remove(Predicate<Situation> match)
    {
        foreach (Dictionary<ulong, List<Situation>> table in (Dictionary<ulong, List<Situation>>[])[_byBeginning, _byLocks])
        {
            foreach ((ulong key, List<Situation> paths) in table)
            {
                if (paths.RemoveAll(match) > 0 && paths.Count == 0)
                {
                    table.Remove(key);
                }
            }
        }
    }

    /// <summary>A hash of the source lines where the held locks were acquired.</summary>
    public static ulong PlacesOf(SituationItem[] held)
    {
        ulong key = 1;
        foreach (SituationItem item in held)
        {
            key = ChainKey.Mix(key, PlaceOf(item));
        }

        return key;
    }

    public static ulong LocksOf(Situation situation)
    {
        ulong key = 0;
        foreach (SituationItem item in situation.Held)
        {
            key = ChainKey.Mix(key, item.Map.Identity + (ulong)item.Mode) ^ (item.Path?.Key ?? 0);
        }

        return ChainKey.Mix(ChainKey.Mix(key, situation.Want.Map.Identity), situation.Want.Record.Shape.Bits);
    }

    private static ulong With(ulong key, SituationItem item)
        => ChainKey.Mix(ChainKey.Mix(key, item.Map.Identity ^ (item.Path?.Key ?? 0)), PlaceOf(item));

    private static ulong PlaceOf(SituationItem item) => item.Record.Site is { } site ? (ulong)RuntimeHelpers.GetHashCode(site) : 0;

    private static List<Situation> ListAt(Dictionary<ulong, List<Situation>> table, ulong key)
        => CollectionsMarshal.GetValueRefOrAddDefault(table, key, out _) ??= [];
}
