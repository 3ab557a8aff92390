// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>A key with its tags, as addresses and drop counters, and the values of the counters when this object was created.</summary>
internal sealed class CacheKey
{
    private readonly DropStamps _stamps;
    private readonly int[] _slots;
    private readonly long[] _values;
    private readonly long _all;

    /// <summary>
    /// Reads the counters. Create it before checking whether the ranges are open: a later drop changes one of the counters.
    /// </summary>
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

    /// <summary>One address for the key, and one for the key under each of its tags.</summary>
    internal IReadOnlyList<AddressRange> Addresses { get; }

    /// <summary>Gets whether nothing was dropped since this object was created. Reads three counters, and two more for each tag.</summary>
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

    /// <summary>
    /// Whether copies may be made: none of the addresses is being invalidated, and the node has a lease, or had one when it last checked.
    /// </summary>
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
