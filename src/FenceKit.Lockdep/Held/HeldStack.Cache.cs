// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

internal sealed partial class HeldStack
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

    public void Cache(ulong key, ChainRecord record)
    {
        // Two chains that share a slot push each other out for ever, so a few misses are enough to grow; threads that take few locks stay small.
        if (++_misses > _slots.Length / 4 && _slots.Length < MostSlots)
        {
            _slots = new Slot[_slots.Length * 4];
            _misses = 0;
        }

        _slots[(int)(key >> 7) & (_slots.Length - 1)] = new Slot { Key = key, SiteToken = record.SiteToken, Record = record };
    }
}
