// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

public sealed partial class LockHolder
{
    private const int FirstSlots = 256;
    private const int MostSlots = 4096;

    private Slot[] _slots = new Slot[FirstSlots];
    private int _misses;

    /// <summary>A chain that this thread has walked. Direct-mapped: a newer chain pushes an older one out.</summary>
    private struct Slot
    {
        public ulong Key;
        public object? SiteToken;
        public ChainRecord? Record;
    }

    internal void Cache(ulong key, ChainRecord record)
    {
        if (IsStale)
        {
            return; // the key is none that a thread in order will ask for
        }

        // Two chains that share a slot push each other out for ever, so a few misses are enough to grow; threads that take few locks stay small.
        if (++_misses > _slots.Length / 4 && _slots.Length < MostSlots)
        {
            _slots = new Slot[_slots.Length * 4];
            _misses = 0;
        }

        _slots[(int)(key >> 7) & (_slots.Length - 1)] = new Slot { Key = key, SiteToken = record.SiteToken, Record = record };
    }

    /// <summary>Pushes when this thread took the lock here before, though another one since.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryPushCached(object instance, ulong own, object? siteToken)
    {
        HeldEntry[] entries = _entries;
        int depth = _depth;
        ulong stamp = Volatile.Read(ref _stamp); // pairs with the write in MarkStale
        ulong key = ChainKey.Mix(TopKey ^ stamp, own);
        Slot[] slots = _slots;
        ref Slot slot = ref slots[(int)(key >> 7) & (slots.Length - 1)];
        if (slot.Key != key || !ReferenceEquals(slot.SiteToken, siteToken) || (uint)depth >= (uint)entries.Length || stamp == Stale)
        {
            return false;
        }

        ref HeldEntry entry = ref entries[depth];

        // Comparing is cheaper than the write barrier of storing.
        if (!ReferenceEquals(entry.Instance, instance))
        {
            entry.Instance = instance;
        }

        if (!ReferenceEquals(entry.SiteToken, siteToken))
        {
            entry.SiteToken = siteToken;
        }

        if (!ReferenceEquals(entry.Record, slot.Record))
        {
            entry.Record = slot.Record!;
        }

        if (entry.Path is not null)
        {
            entry.Path = null;
        }

        if (entry.Node is not null)
        {
            entry.Node = null;
        }

        entry.Own = own;
        entry.Known = own ^ stamp;
        entry.Key = key;
        _depth = depth + 1;
        OnWritten(depth);
        return true;
    }
}
