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

    /// <summary>
    /// A cached chain of this thread. Two adjacent slots are a pair. A chain belongs to one of them, and the chain that it displaces moves
    /// to the other. So three chains must share a pair to displace each other forever; with single slots, two of eight nested locks were
    /// enough.
    /// </summary>
    private struct Slot
    {
        public ulong Key;
        public object? SiteToken;
        public ChainRecord? Record;

        public readonly bool Has(ulong key, object? siteToken) => Key == key && ReferenceEquals(SiteToken, siteToken);
    }

    internal void Cache(ulong key, ChainRecord record)
    {
        if (IsStale)
        {
            return; // a key with a stale stamp is never looked up
        }

        // Chains that displace each other do so forever, so a few misses are enough to grow; threads that take few locks keep a small
        // cache.
        if (++_misses > _slots.Length / 4 && _slots.Length < MostSlots)
        {
            _slots = new Slot[_slots.Length * 4];
            _misses = 0;
        }

        Slot[] slots = _slots;
        int place = PlaceOf(key, record.SiteToken, slots);
        if (!slots[place].Has(key, record.SiteToken))
        {
            slots[place ^ 1] = slots[place];
        }

        slots[place] = new Slot { Key = key, SiteToken = record.SiteToken, Record = record };
    }

    // A lock that is acquired alternately at several sites has one key for all of them if lines are not part of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int PlaceOf(ulong key, object? siteToken, Slot[] slots)
        => (int)((key >> 7) + (siteToken is LockSite site ? site.Spread : 0)) & (slots.Length - 1);

    /// <summary>Pushes if this thread has acquired the lock here before, though it has acquired others since.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal bool TryPushCached(object instance, ulong own, object? siteToken)
    {
        HeldEntry[] entries = _entries;
        int depth = _depth;
        ulong stamp = Volatile.Read(ref _stamp); // pairs with the write in MarkStale
        ulong key = ChainKey.Mix(TopKey ^ stamp, own);
        Slot[] slots = _slots;
        int place = PlaceOf(key, siteToken, slots);
        ref Slot slot = ref slots[place];
        if (!slot.Has(key, siteToken))
        {
            slot = ref slots[place ^ 1];
            if (!slot.Has(key, siteToken))
            {
                return false;
            }
        }

        if ((uint)depth >= (uint)entries.Length || stamp == Stale)
        {
            return false;
        }

        ref HeldEntry entry = ref entries[depth];

        // Comparing is cheaper than the GC write barrier of a store.
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
