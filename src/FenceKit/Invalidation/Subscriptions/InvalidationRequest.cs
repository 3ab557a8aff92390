// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A request to a subscriber to let go of a range.</summary>
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

    /// <summary>The reason.</summary>
    public readonly InvalidationReason Reason { get; }

    /// <summary>
    /// The number of the session, unique in its notifier: the same for every subscriber that it calls, for every range of a batch, and in
    /// <see cref="IInvalidationObserver.OnEnded"/>. Numbers do not tell the order of sessions.
    /// </summary>
    public readonly ulong SessionNumber { get; }

    /// <summary>
    /// The fence that the subscription in <see cref="InvalidationSubscriptionOptions.After"/> returned last in this session. <c>default</c>
    /// when there is none, or it was already complete.
    /// </summary>
    public readonly Fence Predecessor { get; }

    /// <summary>
    /// Sets the subscribed range for the next subscriber: one request serves a whole session, because everything else is the same for all.
    /// </summary>
    internal void TurnTo(AddressRange subscribedRange) => SubscribedRange = subscribedRange;
}
