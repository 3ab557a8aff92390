// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Held;

internal sealed partial class HeldStack
{
    private const int FirstSlots = 256;
    private const int MostSlots = 4096;

    // What the fast path looks into: what is known, or nothing while there is mail.
    private Slot[] _slots;
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
        if (++_misses > _known.Length / 4 && _known.Length < MostSlots)
        {
            _known = new Slot[_known.Length * 4];
            _misses = 0;
            Interlocked.Exchange(ref _slots, _known); // not after the look at the mail: a letter that it overtakes is seen there
            TakeMail();
        }

        _known[(int)(key >> 7) & (_known.Length - 1)] = new Slot { Key = key, SiteToken = record.SiteToken, Record = record };
    }
}
