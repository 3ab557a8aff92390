// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>What has been dropped, as counters that only go up: an entry is good for as long as none of those that it was made under has moved.</summary>
/// <remarks>
/// <para>So a schedule neither waits, nor allocates, nor looks for entries, however many there are: it moves a counter. Addresses share counters, of which there are
/// 65,536; a collision drops more, never less.</para>
/// <para>A key is one address without a tag, and one under each of its tags. A range of one address moves the counter of that address; a longer one those of the
/// tags that it touches; one over many tags the one that all entries are under.</para>
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
        fence = default; // nothing that was there can be served once this has returned
        Drop(request.Range);
        return true;
    }

    // The increments are full fences. Who begins to read after the owner's commit has heard of it, and so of them: pairs with the reads in IsCurrent.
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

    /// <summary>Of the tag's beginning; inverted, so that it is not that of the tag's first address.</summary>
    internal static int SlotOfTag(AddressRange tag) => SlotOf(~tag.Start);

    private static int SlotOf(ulong place) => (int)((place * 0x9E3779B97F4A7C15UL) >> (64 - Bits));
}
