// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Contract.Tests;

/// <summary>
/// A run of tests/FenceKit.Contract.Probe that says when it is about to hang. Whatever becomes of it, it is killed: a thread that hangs in
/// the kernel hears nothing weaker than SIGKILL.
/// </summary>
internal sealed record HangRun(IReadOnlyList<string> Output, bool Hung)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_standstill = TimeSpan.FromSeconds(3);

    /// <summary>Hung: it has not ended although nothing has moved for a while. One that does not hang is waited for.</summary>
    internal static async Task<HangRun> WatchAsync(string what, bool isForetold)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "FenceKit.Contract.Probe.dll"));
        start.ArgumentList.Add("hang");
        start.ArgumentList.Add(what);
        start.Environment[FenceContract.VariableName] = "1";
        using Process process = Process.Start(start)!;
        List<string> output = [];
        try
        {
            using CancellationTokenSource limit = new(s_limit);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                output.Add(line);
                if (isForetold && line == "about to hang")
                {
                    return new HangRun(output, Hung: await StandsStillAsync(process));
                }
            }

            await process.WaitForExitAsync(limit.Token);
            return new HangRun(output, Hung: false);
        }
        catch (OperationCanceledException)
        {
            return new HangRun(output, Hung: true);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<bool> StandsStillAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(new CancellationTokenSource(s_standstill).Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
