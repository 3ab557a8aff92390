// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Options of a <see cref="RemoteInvalidationOwner"/>.</summary>
public sealed class RemoteOwnerOptions
{
    /// <summary>
    /// Gets the time for which a node may serve its copies without contact to the owner, 100 milliseconds to an hour; 10 seconds by
    /// default. A node that dies delays a writer once, by at most 1.25 times this time plus the drift.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the fraction by which the owner's clock may run too fast: 0.01 (one percent) by default; 0 to 0.5. Each party states its own.
    /// </summary>
    public double ClockDriftBound { get; init; } = 0.01;

    /// <summary>
    /// Gets the time after its start in which the owner completes no session, because it does not know the leases of a predecessor. Null,
    /// the default, means the lease plus the drift. Use a longer time where a predecessor may have had a longer lease, and zero only where
    /// there was none.
    /// </summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>Gets the maximum number of members, 1 to 4,096; 64 by default. Further nodes get no lease.</summary>
    public int NodeCapacity { get; init; } = 64;

    /// <summary>
    /// Gets the maximum number of ranges under invalidation at the same time, 1 to 1,024; 64 by default. Further schedules are refused, as
    /// by a subscriber that cannot start without blocking. A range counts until the last node has answered.
    /// </summary>
    public int SessionCapacity { get; init; } = 64;

    /// <summary>
    /// Gets the interval at which messages to a node that has not answered are repeated, from a millisecond; 20 milliseconds by default.
    /// </summary>
    public TimeSpan RepeatInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Gets the clock of leases; it must be monotonic.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal TimeSpan LongestPromise => Lease * (1 + ClockDriftBound);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Lease, TimeSpan.FromMilliseconds(100));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Lease, TimeSpan.FromHours(1));
        if (!(ClockDriftBound >= 0 && ClockDriftBound <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(ClockDriftBound), ClockDriftBound, "A bound of drift is from 0 to 0.5.");
        }

        if (Grace is { } grace)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(NodeCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(NodeCapacity, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(SessionCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SessionCapacity, RemoteMessage.MaxOpen);
        ArgumentOutOfRangeException.ThrowIfLessThan(RepeatInterval, TimeSpan.FromMilliseconds(1));
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
