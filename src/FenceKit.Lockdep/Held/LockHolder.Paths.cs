// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Only threads that release in another order than inside out come here, and only then.
public sealed partial class LockHolder
{
    private const int MostPaths = 1024;

    private Dictionary<ulong, HeldPath>? _paths;

    /// <summary>What the entries above have to remember when this one is let go; null if it is nothing new. Repeated, it allocates nothing.</summary>
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
        ulong key = ChainKey.Mix(TopKey, (ulong)index + 1);
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
            before.Add(new HeldStep(Validator.MapOf(entry.Instance!, entry.Record.Class), entry.Record, entry.Path));
        }

        return HeldPath.After([.. before], released, key);
    }
}
