// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit.Remote;

/// <summary>
/// Linux clocks that .NET does not expose. This is the only unsafe code of the library: two calls that write to a local variable.
/// </summary>
internal static unsafe class LinuxClock
{
    private const int MonotonicCoarse = 6;
    private const int BootTime = 7;
    private const long Second = 1_000_000_000;

    /// <summary>Whether the declared structures match the platform.</summary>
    internal static bool IsKnown { get; } = OperatingSystem.IsLinux() && sizeof(nint) == 8;

    /// <summary>CLOCK_MONOTONIC_COARSE in nanoseconds. The read is a load from memory that the kernel shares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long ReadCoarse() => Read(MonotonicCoarse);

    /// <summary>CLOCK_BOOTTIME in nanoseconds, which also advances while the machine sleeps.</summary>
    internal static long ReadIncludingSuspend() => Read(BootTime);

    /// <summary>The resolution of the coarse clock, in nanoseconds: how much it may be behind.</summary>
    internal static long GetCoarseResolution()
    {
        Moment moment;
        _ = GetResolution(MonotonicCoarse, &moment);
        return (moment.Seconds * Second) + moment.Nanoseconds;
    }

    private static long Read(int clock)
    {
        Moment moment;
        _ = GetTime(clock, &moment); // cannot fail for these two clocks on a kernel that .NET supports
        return (moment.Seconds * Second) + moment.Nanoseconds;
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static extern int GetTime(int clock, Moment* moment);

    [DllImport("libc", EntryPoint = "clock_getres")]
    private static extern int GetResolution(int clock, Moment* moment);

    [StructLayout(LayoutKind.Sequential)]
    private struct Moment
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}
