// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit.Tests.Interop;

/// <summary>What needs Linux says so elsewhere, and a test that cannot show more there shows at least that.</summary>
internal static class LinuxOnly
{
    /// <summary>True where the feature does not exist: that it refuses has just been asserted, and there is nothing more to show.</summary>
    internal static bool IsRefused(Action use)
    {
        bool expected = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;
        Assert.Equal(expected, LinuxFences.IsSupported);
        if (expected)
        {
            return false;
        }

        Assert.Throws<PlatformNotSupportedException>(use);
        return true;
    }
}
