// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Lockdep.Graph;

/// <summary>All observed situations, by their held and wanted locks. Guarded by the validator's gate.</summary>
internal sealed class SituationTable
{
    private readonly Dictionary<LockMap, Entry> _entries = [];
    private readonly Dictionary<LockClass, List<LockMap>> _instances = [];

    public PathTable Paths { get; } = new();

    public int Count { get; private set; }

    /// <summary>Whether there is a situation with locks that may be released before the wanted lock is granted.</summary>
    public bool HasUncertain { get; private set; }

    private sealed class Entry
    {
        public List<Situation> Holding { get; } = [];

        public List<Situation> WantingToWrite { get; } = [];

        public List<Situation> Wanting { get; } = [];
    }

    public void Add(Situation situation)
    {
        Count++;
        HasUncertain |= situation.Uncertain.Length > 0;
        foreach (SituationItem item in situation.Held)
        {
            List<Situation> holding = EntryOf(item.Map).Holding;
            if (holding.Count == 0 || !ReferenceEquals(holding[^1], situation))
            {
                holding.Add(situation);
            }
        }

        Entry want = EntryOf(situation.Want.Map);
        want.Wanting.Add(situation);
        if (situation.Want.Mode == LockAcquireMode.Exclusive && situation.CanHang)
        {
            want.WantingToWrite.Add(situation);
        }
    }

    /// <summary>Registers an instance: it can replace another one even if no thread ever waits for it. True when it is new.</summary>
    public bool Register(LockMap map)
    {
        bool isNew = !_entries.ContainsKey(map);
        EntryOf(map);
        return isNew;
    }

    /// <summary>All situations in which the instance is held or wanted.</summary>
    public IEnumerable<Situation> Involving(LockMap map) => _entries.TryGetValue(map, out Entry? entry) ? entry.Holding.Concat(entry.Wanting) : [];

    public IReadOnlyList<Situation> Holding(LockMap map) => _entries.TryGetValue(map, out Entry? entry) ? entry.Holding : [];

    public IReadOnlyList<Situation> WantingToWrite(LockMap map) => _entries.TryGetValue(map, out Entry? entry) ? entry.WantingToWrite : [];

    public IReadOnlyList<LockMap> InstancesOf(LockClass lockClass) => _instances.TryGetValue(lockClass, out List<LockMap>? maps) ? maps : [];

    /// <summary>Removes every situation in which a lock of the class is held or wanted.</summary>
    public void Remove(LockClass lockClass)
    {
        foreach (Entry entry in _entries.Values)
        {
            entry.Holding.RemoveAll(Concerns);
            entry.WantingToWrite.RemoveAll(Concerns);
            entry.Wanting.RemoveAll(Concerns);
        }

        foreach (LockMap map in InstancesOf(lockClass))
        {
            _entries.Remove(map);
        }

        _instances.Remove(lockClass);
        Paths.Remove(Concerns);

        bool Concerns(Situation situation)
            => ReferenceEquals(situation.Want.Class, lockClass) || Array.Exists(situation.Held, item => ReferenceEquals(item.Class, lockClass));
    }

    private Entry EntryOf(LockMap map)
    {
        ref Entry? entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, map, out bool exists);
        if (!exists)
        {
            ref List<LockMap>? instances = ref CollectionsMarshal.GetValueRefOrAddDefault(_instances, map.Class, out _);
            (instances ??= []).Add(map);
        }

        return entry ??= new Entry();
    }
}
