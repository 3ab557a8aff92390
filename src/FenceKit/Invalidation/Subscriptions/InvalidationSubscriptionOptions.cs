// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Options of a subscription.</summary>
[DebuggerDisplay("{Reasons} owner {Owner}")]
public sealed class InvalidationSubscriptionOptions
{
    /// <summary>The reasons for which the subscriber is called; all by default. Sessions with other reasons skip it.</summary>
    /// <remarks>Readers of the range still wait for the end of every session.</remarks>
    public InvalidationReason Reasons { get; init; } = InvalidationReason.All;

    /// <summary>
    /// The owner of the subscriber; null for none. A session for <see cref="InvalidationReason.Migrate"/> or
    /// <see cref="InvalidationReason.Exclusive"/> whose initiator is the same object skips the subscriber, so that it does not tear down
    /// what it is about to use itself. Sessions with any other reason call it.
    /// </summary>
    public object? Owner { get; init; }

    /// <summary>
    /// A subscription of the same notifier that is called before this one, in every session that touches both; null for no order. The
    /// request then carries the fence of that subscription (<see cref="InvalidationRequest.Predecessor"/>). All other subscribers run in
    /// parallel.
    /// </summary>
    public InvalidationSubscription? After { get; init; }

    /// <summary>
    /// Whether the subscriber publishes all its mappings through its subscription: with <see cref="InvalidationSubscription.TryPopulate"/>,
    /// or with <see cref="InvalidationSubscription.MustRetry"/> immediately before. Then the notifier knows what is mapped. A subscriber
    /// that has let go of a range, and has mapped nothing there since, is not called again; its fence is reused. So an attempt after a
    /// back-off costs nothing. <b>Set it only if it is true: otherwise mappings stay behind.</b>
    /// </summary>
    public bool MapsThroughSubscription { get; init; }

    /// <summary>
    /// How long unsubscribing waits for pending fences that the subscriber has returned; zero by default: it does not wait, and the fences
    /// still count for their sessions. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    /// <remarks>
    /// For drivers that free their device's resources after unsubscribing. When the time runs out, the event source "FenceKit" reports it.
    /// Fences of up to 256 timelines can be pending at once; beyond that, schedules are refused, as by a subscriber that cannot start
    /// without blocking.
    /// </remarks>
    public TimeSpan DrainTimeout { get; init; }

    internal static InvalidationSubscriptionOptions Default { get; } = new();

    internal void Validate()
    {
        if ((Reasons & InvalidationReason.All) == 0 || (Reasons & ~InvalidationReason.All) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Reasons), Reasons, "Not a set of reasons.");
        }

        FenceThrow.IfNotATimeout(DrainTimeout);
    }
}
