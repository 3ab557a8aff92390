// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>What an <see cref="InMemoryTransport"/> does to messages.</summary>
public sealed class InMemoryTransportOptions
{
    /// <summary>Gets where the random numbers begin: the same seed and the same calls give the same faults.</summary>
    public int Seed { get; init; }

    /// <summary>Gets how many of the messages are lost, from 0 to 1.</summary>
    public double LossRate { get; init; }

    /// <summary>Gets how many of the messages arrive twice, from 0 to 1.</summary>
    public double RepeatRate { get; init; }

    /// <summary>Gets how long a message takes at least.</summary>
    public TimeSpan MinimumDelay { get; init; }

    /// <summary>Gets how long a message takes at most. Those whose times differ overtake each other.</summary>
    public TimeSpan MaximumDelay { get; init; }

    /// <summary>
    /// Gets whether messages are delivered only inside <see cref="InMemoryTransport.DeliverDue"/>, on the thread that calls it. Otherwise they come on the
    /// thread pool by themselves.
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
