// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The outcome of one command of a <see cref="SimulatedDevice{TCommand}"/>. <c>default</c> is immediate success.</summary>
[DebuggerDisplay("{Latency} {Error}")]
public readonly record struct SimulatedOutcome
{
    /// <summary>How long the command takes; <see cref="Timeout.InfiniteTimeSpan"/> for a command that hangs.</summary>
    public TimeSpan Latency { get; private init; }

    /// <summary>The error of the command; null for success.</summary>
    public Exception? Error { get; private init; }

    /// <summary>Whether the driver throws instead of starting the command, which loses the device.</summary>
    public bool IsCrash { get; private init; }

    /// <summary>Immediate success, inside the call that starts the command.</summary>
    public static SimulatedOutcome AtOnce => default;

    /// <summary>The command does not end until a cancellation, a reset, or <see cref="SimulatedDevice{TCommand}.ReleaseHung"/>.</summary>
    public static SimulatedOutcome Hang => new() { Latency = Timeout.InfiniteTimeSpan };

    /// <summary>Success, after a latency. Commands with different latencies overtake each other.</summary>
    /// <param name="latency">The time until the command ends.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="latency"/> is negative.</exception>
    public static SimulatedOutcome After(TimeSpan latency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        return new() { Latency = latency };
    }

    /// <summary>Failure, after a latency.</summary>
    /// <param name="error">The error of the command.</param>
    /// <param name="latency">The time until the command ends.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="latency"/> is negative.</exception>
    public static SimulatedOutcome Fail(Exception error, TimeSpan latency = default)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        return new() { Latency = latency, Error = error };
    }

    /// <summary>The driver throws when the command starts, so the device is lost.</summary>
    /// <param name="error">The exception that the driver throws.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public static SimulatedOutcome Crash(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new() { Error = error, IsCrash = true };
    }
}
