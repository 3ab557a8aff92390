// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>How a <see cref="RemoteInvalidationOwner"/> behaves.</summary>
public sealed class RemoteOwnerOptions
{
    /// <summary>
    /// Gets for how long a node may serve what it has without hearing of the owner, 100 milliseconds to an hour; 10 seconds unless said otherwise. A
    /// node that dies holds a writer up for at most 1.25 of it and the drift, once.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets by how much the owner's clock may run too fast, as a part of the time: 0.01, one percent, unless said otherwise; 0 to 0.5. Each party states its own.
    /// </summary>
    public double ClockDriftBound { get; init; } = 0.01;

    /// <summary>
    /// Gets for how long after its start the owner completes no session, because it does not know whom a predecessor promised what. Null, and unless said
    /// otherwise: the lease and the drift. Longer where a predecessor may have had a longer lease; zero only where there was none.
    /// </summary>
    public TimeSpan? Grace { get; init; }

    /// <summary>Gets how many nodes may be members at once, 1 to 4,096; 64 unless said otherwise. Others get no lease.</summary>
    public int NodeCapacity { get; init; } = 64;

    /// <summary>
    /// Gets how many ranges may be under invalidation at once, 1 to 1,024; 64 unless said otherwise. Beyond that schedules are refused as by a subscriber that
    /// cannot start without blocking. Counted until the last node has answered.
    /// </summary>
    public int SessionCapacity { get; init; } = 64;

    /// <summary>Gets how often a node that has not answered is told again, from a millisecond; 20 milliseconds unless said otherwise.</summary>
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
