// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Samples.CrossDeviceDeadlock;

internal enum HangResult
{
    NeverStarted,
    Ended,
    Hung,
}

/// <summary>Runs this program once more, to hang.</summary>
internal static class HangingChild
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    /// <summary>Watches a child that says <paramref name="line"/> and then should do nothing for <paramref name="limit"/>; then kills it.</summary>
    public static HangResult Watch(string argument, string line, TimeSpan limit)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HangingChild).Assembly.Location);
        }

        start.ArgumentList.Add(argument);
        using Process child = Process.Start(start)!;
        Task<string?> first = child.StandardOutput.ReadLineAsync();
        if (!first.Wait(s_startLimit) || first.Result != line)
        {
            child.Kill();
            return HangResult.NeverStarted;
        }

        if (child.WaitForExit(limit))
        {
            return HangResult.Ended;
        }

        child.Kill();
        child.WaitForExit();
        return HangResult.Hung;
    }
}
