// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Used only by threads that release locks in another order than the reverse of their acquisition.
public sealed partial class LockHolder
{
    private const int MostPaths = 1024;

    private Dictionary<ulong, HeldPath>? _paths;

    /// <summary>
    /// The path that the entries above have to remember when this one is removed; null if it is nothing new. A repeated one allocates
    /// nothing.
    /// </summary>
    private HeldPath? PathWithout(int index)
    {
        if (index == _depth - 1 || _entries[index].Record is { IsUnchecked: true } or { IsReentry: true })
        {
            return null;
        }

        foreach (ref readonly HeldEntry entry in Entries)
        {
            if (entry.Path is { IsFull: true })
            {
                return HeldPath.Unknown;
            }
        }

        Dictionary<ulong, HeldPath> paths = _paths ??= [];
        ulong key = PlacesKey(index);
        if (!paths.TryGetValue(key, out HeldPath? path))
        {
            if (paths.Count == MostPaths)
            {
                paths.Clear();
            }

            paths.Add(key, path = MakePath(index, key));
        }

        return path;
    }

    /// <summary>
    /// A key of the sites of all locks, with file and line. The keys of chains contain lines only, because the site of the newest lock is
    /// compared separately; here the sites below it count as well.
    /// </summary>
    private ulong PlacesKey(int released)
    {
        ulong key = ChainKey.Mix(TopKey, (ulong)released + 1);
        foreach (ref readonly HeldEntry entry in Entries)
        {
            key = ChainKey.Mix(key, entry.Record.Site is { } site ? (ulong)RuntimeHelpers.GetHashCode(site) : 0);
        }

        return key;
    }

    private HeldPath MakePath(int index, ulong key)
    {
        var before = new List<HeldStep>(_depth);
        int released = 0;
        for (int i = 0; i < _depth; i++)
        {
            ref readonly HeldEntry entry = ref _entries[i];
            if (entry.Record.IsUnchecked)
            {
                continue;
            }

            released = i == index ? before.Count : released;
            before.Add(new HeldStep(Owner.MapOf(entry.Instance!, entry.Record.Class), entry.Record, entry.Path));
        }

        return HeldPath.After([.. before], released, key);
    }
}
