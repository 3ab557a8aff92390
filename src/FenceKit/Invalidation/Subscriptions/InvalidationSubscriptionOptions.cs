// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>What a subscriber declares about itself.</summary>
[DebuggerDisplay("{Reasons} owner {Owner}")]
public sealed class InvalidationSubscriptionOptions
{
    /// <summary>What it wants to be told of; everything unless said otherwise. For all other reasons it is passed over.</summary>
    /// <remarks>Readers of the range wait for the end of every session all the same.</remarks>
    public InvalidationReason Reasons { get; init; } = InvalidationReason.All;

    /// <summary>
    /// Who it belongs to; null for nobody. A session for <see cref="InvalidationReason.Migrate"/> or <see cref="InvalidationReason.Exclusive"/>
    /// whose initiator is the same object passes it over: it does not tear down what it is about to use itself. Every other reason is told.
    /// </summary>
    public object? Owner { get; init; }

    /// <summary>
    /// A subscription of the same notifier that is called before this one, in every session that touches both; null for no order. The
    /// request then carries the fence of the other (<see cref="InvalidationRequest.Predecessor"/>). All others run in parallel.
    /// </summary>
    public InvalidationSubscription? After { get; init; }

    /// <summary>
    /// Whether everything that the subscriber maps passes through its subscription: <see cref="InvalidationSubscription.TryPopulate"/>, or
    /// <see cref="InvalidationSubscription.MustRetry"/> immediately before it is published. Then the notifier knows what is mapped: a
    /// subscriber that has let go of a range, and has mapped nothing there since, is not called again; its fence is used again. So an
    /// attempt after a back-off costs nothing. <b>Say true only if it is: otherwise mappings stay behind.</b>
    /// </summary>
    public bool MapsThroughSubscription { get; init; }

    /// <summary>
    /// How long unsubscribing waits for the fences that the subscriber has handed out and that are still pending; zero, unless said
    /// otherwise: they are left alone, and still count for the sessions that hold them. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    /// <remarks>
    /// For drivers that free what their device works with when they have unsubscribed. When the time runs out the event source
    /// "FenceKit" says so. Fences of up to 256 timelines can be pending at once; beyond that schedules are refused, as by a subscriber
    /// that cannot start without blocking.
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
