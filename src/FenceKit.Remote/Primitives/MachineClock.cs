// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Remote;

/// <summary>
/// Clocks of the machine that .NET does not offer: one that is cheap to read, and one that also advances while the machine sleeps.
/// </summary>
/// <remarks>
/// On Linux, clocks of the kernel. Elsewhere both are <see cref="Environment.TickCount64"/>, which on Windows also advances during sleep.
/// </remarks>
internal static class MachineClock
{
    private static readonly bool s_isLinux = LinuxClock.IsKnown;

    internal static long Frequency { get; } = s_isLinux ? 1_000_000_000 : 1000;

    internal static bool CanIncludeSuspend { get; } = s_isLinux || OperatingSystem.IsWindows();

    internal static TimeSpan CoarseResolution { get; } = s_isLinux
        ? TimeSpan.FromTicks((LinuxClock.GetCoarseResolution() / 100) + 1)
        : TimeSpan.FromMilliseconds(16); // one tick of the coarsest timer that Windows uses

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long ReadCoarse() => s_isLinux ? LinuxClock.ReadCoarse() : Environment.TickCount64;

    internal static long ReadIncludingSuspend() => s_isLinux ? LinuxClock.ReadIncludingSuspend() : Environment.TickCount64;
}
