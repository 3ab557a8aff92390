// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Remote;

/// <summary>Options of a <see cref="RemoteInvalidationNode"/>.</summary>
public sealed class RemoteNodeOptions
{
    /// <summary>
    /// Gets the name of the node, which the owner shows when it waits for it; at most 64 bytes of UTF-8 without control characters. Empty
    /// for a random number.
    /// </summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// Gets the fraction by which the node's clock may run too slowly: 0.01 (one percent) by default; 0 to 0.5. Each party states its own.
    /// </summary>
    public double ClockDriftBound { get; init; } = 0.01;

    /// <summary>Gets the clock that measures the lease, if <see cref="TimeProvider"/> is that of the system.</summary>
    public LeaseClock Clock { get; init; } = LeaseClock.Coarse;

    /// <summary>
    /// Gets the longest lease that the node accepts; an hour by default. A grant of a longer lease is ignored as invalid.
    /// </summary>
    public TimeSpan MaximumLease { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets the maximum of the random delay after which a node that has lost its lease asks for the next one; 250 milliseconds by default.
    /// It keeps many nodes from refilling their caches at the same moment after a change of the owner.
    /// </summary>
    public TimeSpan RejoinJitter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets the clock; it must be monotonic.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Name);
        if (Encoding.UTF8.GetByteCount(Name) > RemoteMessage.MaxNameLength || Name.Any(char.IsControl))
        {
            throw new ArgumentException($"A name has at most {RemoteMessage.MaxNameLength} bytes, and no control characters.", nameof(Name));
        }

        if (!(ClockDriftBound >= 0 && ClockDriftBound <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(ClockDriftBound), ClockDriftBound, "A bound of drift is from 0 to 0.5.");
        }

        if (Clock is not (LeaseClock.Coarse or LeaseClock.Monotonic or LeaseClock.IncludingSuspend))
        {
            throw new ArgumentOutOfRangeException(nameof(Clock), Clock, "Not a clock.");
        }

        if (Clock == LeaseClock.IncludingSuspend && !MachineClock.CanIncludeSuspend)
        {
            throw new PlatformNotSupportedException("This system has no clock that goes on while the machine sleeps.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaximumLease, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(RejoinJitter, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
