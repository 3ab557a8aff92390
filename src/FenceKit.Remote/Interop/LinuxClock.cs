// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit.Remote;

/// <summary>The clocks of Linux that .NET has no name for. The only unsafe code of this library: two calls that write into a local.</summary>
internal static unsafe class LinuxClock
{
    private const int MonotonicCoarse = 6;
    private const int BootTime = 7;
    private const long Second = 1_000_000_000;

    /// <summary>Whether the two structures are as they are declared here.</summary>
    internal static bool IsKnown { get; } = OperatingSystem.IsLinux() && sizeof(nint) == 8;

    /// <summary>CLOCK_MONOTONIC_COARSE in nanoseconds: a load from memory that the kernel shares.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long ReadCoarse() => Read(MonotonicCoarse);

    /// <summary>CLOCK_BOOTTIME in nanoseconds: it goes on while the machine sleeps.</summary>
    internal static long ReadIncludingSuspend() => Read(BootTime);

    /// <summary>How far the coarse clock may lie behind, in nanoseconds.</summary>
    internal static long GetCoarseResolution()
    {
        Moment moment;
        _ = GetResolution(MonotonicCoarse, &moment);
        return (moment.Seconds * Second) + moment.Nanoseconds;
    }

    private static long Read(int clock)
    {
        Moment moment;
        _ = GetTime(clock, &moment); // these two cannot fail on a kernel that .NET runs on
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
