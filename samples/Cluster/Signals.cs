// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace FenceKit.Samples.Cluster;

/// <summary>Signals to processes that this one has started.</summary>
internal static class Signals
{
    internal static void Send(Process process, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>As kill -9, and waits for the end. Nothing where there is no process.</summary>
    internal static void Kill(ref Process? process)
    {
        process?.Kill();
        process?.WaitForExit();
        process?.Dispose();
        process = null;
    }
}
