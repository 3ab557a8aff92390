// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Options of an <see cref="InMemoryTransport"/>.</summary>
public sealed class InMemoryTransportOptions
{
    /// <summary>Gets the seed of the random numbers: the same seed and the same calls result in the same faults.</summary>
    public int Seed { get; init; }

    /// <summary>Gets the fraction of messages that are lost, from 0 to 1.</summary>
    public double LossRate { get; init; }

    /// <summary>Gets the fraction of messages that arrive twice, from 0 to 1.</summary>
    public double RepeatRate { get; init; }

    /// <summary>Gets the minimum delay of a message.</summary>
    public TimeSpan MinimumDelay { get; init; }

    /// <summary>Gets the maximum delay of a message. Messages with different delays may overtake each other.</summary>
    public TimeSpan MaximumDelay { get; init; }

    /// <summary>
    /// Gets whether messages are delivered only inside <see cref="InMemoryTransport.DeliverDue"/>, on the calling thread. Otherwise they
    /// are delivered on the thread pool.
    /// </summary>
    public bool IsStepped { get; init; }

    /// <summary>Gets the clock of the delays.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        ThrowIfNotARate(LossRate, nameof(LossRate));
        ThrowIfNotARate(RepeatRate, nameof(RepeatRate));
        ArgumentOutOfRangeException.ThrowIfLessThan(MinimumDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumDelay, MinimumDelay);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    private static void ThrowIfNotARate(double rate, string name)
    {
        if (!(rate >= 0 && rate <= 1))
        {
            throw new ArgumentOutOfRangeException(name, rate, "A rate is from 0 to 1.");
        }
    }
}
