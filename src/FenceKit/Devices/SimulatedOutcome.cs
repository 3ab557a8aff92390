// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>What a <see cref="SimulatedDevice{TCommand}"/> makes of one command. <c>default</c> is success at once.</summary>
[DebuggerDisplay("{Latency} {Error}")]
public readonly record struct SimulatedOutcome
{
    /// <summary>How long the command takes; <see cref="Timeout.InfiniteTimeSpan"/> for a command that hangs.</summary>
    public TimeSpan Latency { get; private init; }

    /// <summary>What it fails with; null for success.</summary>
    public Exception? Error { get; private init; }

    /// <summary>Whether the driver throws instead of starting it, which loses the device.</summary>
    public bool IsCrash { get; private init; }

    /// <summary>Success, inside the call that starts the command.</summary>
    public static SimulatedOutcome AtOnce => default;

    /// <summary>The command never ends by itself: it takes a cancellation, a reset, or <see cref="SimulatedDevice{TCommand}.ReleaseHung"/>.</summary>
    public static SimulatedOutcome Hang => new() { Latency = Timeout.InfiniteTimeSpan };

    /// <summary>Success, later. Commands with different latencies overtake each other.</summary>
    /// <param name="latency">How much later.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="latency"/> is negative.</exception>
    public static SimulatedOutcome After(TimeSpan latency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        return new() { Latency = latency };
    }

    /// <summary>Failure, later.</summary>
    /// <param name="error">What the command fails with.</param>
    /// <param name="latency">How much later.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="latency"/> is negative.</exception>
    public static SimulatedOutcome Fail(Exception error, TimeSpan latency = default)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        return new() { Latency = latency, Error = error };
    }

    /// <summary>The driver throws: the device is lost.</summary>
    /// <param name="error">What it throws.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static SimulatedOutcome Crash(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new() { Error = error, IsCrash = true };
    }
}
