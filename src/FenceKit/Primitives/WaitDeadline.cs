// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Time limits as timestamps of a clock. A deadline is one long, because awaiters store it and are copied.</summary>
internal static class WaitDeadline
{
    /// <summary>The deadline of a wait without a limit.</summary>
    internal const long Never = long.MaxValue;

    /// <summary>The deadline of a wait with a limit of zero.</summary>
    internal const long Passed = long.MinValue;

    /// <summary>Returns the deadline of a wait that begins now. Rounded up, so that no wait ends early.</summary>
    /// <param name="clock">The clock; not read if the limit is zero or infinite.</param>
    /// <param name="timeout">The longest time to wait.</param>
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

    /// <summary>Returns the remaining time; zero when the deadline has passed.</summary>
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
        return left > TimeSpan.Zero ? left : new TimeSpan(1); // less than a tick is left, which is more than zero
    }
}
