// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>What a subscriber is asked to let go of.</summary>
[DebuggerDisplay("{Reason} {Range}")]
public struct InvalidationRequest
{
    internal InvalidationRequest(AddressRange range, AddressRange subscribedRange, InvalidationReason reason, ulong sessionNumber, Fence predecessor)
    {
        Range = range;
        SubscribedRange = subscribedRange;
        Reason = reason;
        SessionNumber = sessionNumber;
        Predecessor = predecessor;
    }

    /// <summary>The range that is invalidated; it may reach beyond the subscription.</summary>
    public readonly AddressRange Range { get; }

    /// <summary>The range of the subscription; it overlaps <see cref="Range"/>.</summary>
    public AddressRange SubscribedRange { readonly get; private set; }

    /// <summary>The part of the subscription that is invalidated.</summary>
    public readonly AddressRange Overlap => Range.Intersect(SubscribedRange);

    /// <summary>Why.</summary>
    public readonly InvalidationReason Reason { get; }

    /// <summary>
    /// The number of the session among all of its notifier: the same for every subscriber that it calls, for every range of a batch, and when
    /// <see cref="IInvalidationObserver.OnEnded"/> tells of its end. No two sessions of a notifier have the same. It says nothing of their order.
    /// </summary>
    public readonly ulong SessionNumber { get; }

    /// <summary>
    /// The fence that the subscription named in <see cref="InvalidationSubscriptionOptions.After"/> handed back last in this session.
    /// <c>default</c> when there is none, or it was done already.
    /// </summary>
    public readonly Fence Predecessor { get; }

    /// <summary>Makes it that of the next subscriber: one request serves a whole session, for what it says else is the same for all.</summary>
    internal void TurnTo(AddressRange subscribedRange) => SubscribedRange = subscribedRange;
}
