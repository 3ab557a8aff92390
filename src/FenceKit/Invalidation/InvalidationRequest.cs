// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What a subscriber is asked to let go of.</summary>
public readonly struct InvalidationRequest
{
    internal InvalidationRequest(AddressRange range, AddressRange subscribedRange, InvalidationReason reason)
    {
        Range = range;
        SubscribedRange = subscribedRange;
        Reason = reason;
    }

    /// <summary>The range that is invalidated; it may reach beyond the subscription.</summary>
    public AddressRange Range { get; }

    /// <summary>The range of the subscription; it overlaps <see cref="Range"/>.</summary>
    public AddressRange SubscribedRange { get; }

    /// <summary>The part of the subscription that is invalidated.</summary>
    public AddressRange Overlap => Range.Intersect(SubscribedRange);

    /// <summary>Why.</summary>
    public InvalidationReason Reason { get; }
}
