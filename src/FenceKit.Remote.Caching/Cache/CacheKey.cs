// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>A key with its tags, as addresses and counters, and what the counters said when it was taken.</summary>
internal sealed class CacheKey
{
    private readonly DropStamps _stamps;
    private readonly int[] _slots;
    private readonly long[] _values;
    private readonly long _all;

    /// <summary>Takes the counters. Before it is asked whether the ranges are open: what is dropped later moves one of them.</summary>
    internal CacheKey(DropStamps stamps, string key, IEnumerable<string>? tags)
    {
        _stamps = stamps;
        List<AddressRange> addresses = [KeySpace.RangeOf(key)];
        List<int> slots = [DropStamps.SlotOfTag(KeySpace.RangeOfTag("")), DropStamps.SlotOfAddress(addresses[0])];
        foreach (string tag in tags ?? [])
        {
            AddressRange address = KeySpace.RangeOf(tag, key);
            addresses.Add(address);
            slots.Add(DropStamps.SlotOfTag(KeySpace.RangeOfTag(tag)));
            slots.Add(DropStamps.SlotOfAddress(address));
        }

        Addresses = addresses;
        _slots = [.. slots];
        _values = new long[_slots.Length];
        _all = stamps.All;
        for (int index = 0; index < _slots.Length; index++)
        {
            _values[index] = stamps.Read(_slots[index]);
        }
    }

    /// <summary>One for the key, and one for it under each of its tags.</summary>
    internal IReadOnlyList<AddressRange> Addresses { get; }

    /// <summary>Gets whether nothing of it was dropped since it was taken. Reads three counters, and two more for each tag.</summary>
    internal bool IsCurrent
    {
        get
        {
            bool isCurrent = _stamps.All == _all;
            for (int index = 0; isCurrent && index < _slots.Length; index++)
            {
                isCurrent = _stamps.Read(_slots[index]) == _values[index];
            }

            return isCurrent;
        }
    }

    /// <summary>Whether copies may be made: nobody invalidates any of it, and the node has, or had when it last looked, a lease.</summary>
    internal bool IsOpen(InvalidationSubscription subscription)
    {
        foreach (AddressRange address in Addresses)
        {
            if (!subscription.TryBeginRead(address, out _))
            {
                return false;
            }
        }

        return true;
    }
}
