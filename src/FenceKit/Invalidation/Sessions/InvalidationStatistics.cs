// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>Counters of an <see cref="InvalidationNotifier"/>, read at one moment.</summary>
/// <param name="Begun">Schedules that began. When no session is open, <c>Begun == Refused + Committed + BackedOff</c>.</param>
/// <param name="Refused">Schedules that a subscriber refused: it would have had to block.</param>
/// <param name="Committed">Sessions that ended with a commit.</param>
/// <param name="BackedOff">Sessions that ended without a commit.</param>
/// <param name="SubscriberFaults">Exceptions that subscribers threw when they were scheduled or told of the end.</param>
/// <param name="SlowSubscribers">Callbacks that took longer than <see cref="InvalidationNotifierOptions.SlowSubscriberThreshold"/>.</param>
/// <param name="Reused">Subscribers that were not called again because they had let go before; see <see cref="InvalidationSubscriptionOptions.MapsThroughSubscription"/>.</param>
/// <param name="Active">The number of open sessions.</param>
/// <param name="Subscriptions">The number of subscriptions.</param>
/// <param name="Forgotten">
/// How many of the back-offs happened because every handle had become unreachable; see <see cref="InvalidationSession"/>.
/// </param>
[DebuggerDisplay("{Begun} begun, {Committed} committed, {BackedOff} backed off, {Refused} refused")]
public readonly record struct InvalidationStatistics(
    long Begun,
    long Refused,
    long Committed,
    long BackedOff,
    long SubscriberFaults,
    long SlowSubscribers,
    long Reused,
    int Active,
    int Subscriptions,
    long Forgotten = 0);
