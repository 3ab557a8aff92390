// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Remote;

/// <summary>How a <see cref="RemoteInvalidationNode"/> behaves.</summary>
public sealed class RemoteNodeOptions
{
    /// <summary>Gets what the owner calls the node when it waits for it; at most 64 bytes of UTF-8 without control characters. Empty for a random number.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// Gets by how much the node's clock may run too slowly, as a part of the time: 0.01, one percent, unless said otherwise; 0 to 0.5. Each party states its own.
    /// </summary>
    public double ClockDriftBound { get; init; } = 0.01;

    /// <summary>Gets by which clock the lease is measured, where <see cref="TimeProvider"/> is that of the system.</summary>
    public LeaseClock Clock { get; init; } = LeaseClock.Coarse;

    /// <summary>Gets how long a lease the node believes in at most; an hour unless said otherwise. A grant of a longer one is no message.</summary>
    public TimeSpan MaximumLease { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets within what time, at random, a node that has lost its lease asks for the next one; 250 milliseconds unless said otherwise. So that fifty nodes that a
    /// new owner has told to begin anew do not all fill their caches in the same moment.
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
