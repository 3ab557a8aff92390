// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A time limit as a point on a clock: one word, because awaiters carry it and are copied.</summary>
internal static class WaitDeadline
{
    /// <summary>The deadline of a wait without a limit.</summary>
    internal const long Never = long.MaxValue;

    /// <summary>The deadline of a wait that only looks.</summary>
    internal const long Passed = long.MinValue;

    /// <summary>The deadline of a wait that begins now. Rounded up: no wait ends early.</summary>
    /// <param name="clock">The clock. Not asked without need.</param>
    /// <param name="timeout">How long at most.</param>
    internal static long After(TimeProvider clock, TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return Never;
        }

        if (timeout == TimeSpan.Zero)
        {
            return Passed;
        }

        Int128 steps = (((Int128)timeout.Ticks * clock.TimestampFrequency) + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;
        return (long)Int128.Min(clock.GetTimestamp() + steps, Never - 1);
    }

    /// <summary>How much time is left; zero when none is.</summary>
    internal static TimeSpan Left(TimeProvider clock, long deadline)
    {
        if (deadline == Never)
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (deadline == Passed)
        {
            return TimeSpan.Zero;
        }

        long now = clock.GetTimestamp();
        if (deadline <= now)
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = clock.GetElapsedTime(now, deadline);
        return left > TimeSpan.Zero ? left : new TimeSpan(1); // less than a tick is not yet nothing
    }
}
