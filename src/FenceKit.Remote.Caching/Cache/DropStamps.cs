// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>
/// Records drops as counters that only increase: an entry is valid as long as none of the counters that it was created with has changed.
/// </summary>
/// <remarks>
/// <para>So a schedule neither waits, nor allocates, nor searches for entries, however many there are: it increments a counter. Addresses
/// share 65,536 counters; a collision drops more, never less.</para>
/// <para>A key has one address without a tag, and one under each of its tags. A range of one address increments the counter of that
/// address; a longer range those of the tags that it touches; a range over many tags the counter that all entries have in common.</para>
/// </remarks>
internal sealed class DropStamps : IInvalidationSubscriber
{
    private const int Bits = 16;
    private const ulong MostTags = 64;

    private static readonly ulong s_tagLength = KeySpace.RangeOfTag("").Length;

    private readonly long[] _stamps = new long[1 << Bits];
    private long _all;

    internal long All => Volatile.Read(ref _all); // pairs with the increment in TrySchedule

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default; // no entry from before can be served once this has returned
        Drop(request.Range);
        return true;
    }

    // The increments are full fences. A reader that begins after the owner's commit knows of the commit, and so sees the increments: pairs
    // with the reads in IsCurrent.
    internal void Drop(AddressRange range)
    {
        if (range.Length == 1)
        {
            Interlocked.Increment(ref _stamps[SlotOf(range.Start)]);
            return;
        }

        ulong first = range.Start / s_tagLength, last = (range.End - 1) / s_tagLength;
        if (last - first >= MostTags)
        {
            Interlocked.Increment(ref _all);
            return;
        }

        for (ulong tag = first; tag <= last; tag++)
        {
            Interlocked.Increment(ref _stamps[SlotOf(~(tag * s_tagLength))]);
        }
    }

    internal long Read(int slot) => Volatile.Read(ref _stamps[slot]); // pairs with the increments in Drop

    internal static int SlotOfAddress(AddressRange address) => SlotOf(address.Start);

    /// <summary>The slot of the tag's start address; inverted, so that it differs from the slot of the tag's first address.</summary>
    internal static int SlotOfTag(AddressRange tag) => SlotOf(~tag.Start);

    private static int SlotOf(ulong place) => (int)((place * 0x9E3779B97F4A7C15UL) >> (64 - Bits));
}
