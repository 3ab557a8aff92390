// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FenceKit.Remote;

/// <summary>Clocks of the operating system that .NET has no name for.</summary>
/// <remarks>
/// On Linux: CLOCK_MONOTONIC_COARSE, which is a load from memory that the kernel shares, and CLOCK_BOOTTIME, which goes on while the machine
/// sleeps. Elsewhere both are <see cref="Environment.TickCount64"/>, which on Windows goes on in sleep.
/// </remarks>
internal static unsafe class MachineClock
{
    private const int MonotonicCoarse = 6;
    private const int BootTime = 7;
    private const long Nanoseconds = 1_000_000_000;

    private static readonly bool s_isLinux = OperatingSystem.IsLinux() && sizeof(nint) == 8;

    internal static long Frequency { get; } = s_isLinux ? Nanoseconds : 1000;

    internal static bool CanIncludeSuspend { get; } = s_isLinux || OperatingSystem.IsWindows();

    internal static TimeSpan CoarseResolution { get; } = FindResolution();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long ReadCoarse() => s_isLinux ? Read(MonotonicCoarse) : Environment.TickCount64;

    internal static long ReadIncludingSuspend() => s_isLinux ? Read(BootTime) : Environment.TickCount64;

    private static long Read(int clock)
    {
        Moment moment;
        _ = GetTime(clock, &moment); // these two cannot fail on a kernel that .NET runs on
        return (moment.Seconds * Nanoseconds) + moment.Nanoseconds;
    }

    private static TimeSpan FindResolution()
    {
        if (!s_isLinux)
        {
            return TimeSpan.FromMilliseconds(16); // one tick of the coarsest timer that Windows uses
        }

        Moment moment;
        _ = GetResolution(MonotonicCoarse, &moment);
        return TimeSpan.FromTicks((((moment.Seconds * Nanoseconds) + moment.Nanoseconds) / 100) + 1);
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
