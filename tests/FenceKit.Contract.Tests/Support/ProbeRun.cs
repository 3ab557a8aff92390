// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Contract.Tests;

/// <summary>A run of tests/FenceKit.Contract.Probe, a process of its own that is killed when it takes too long.</summary>
internal sealed record ProbeRun(int ExitCode, string Output, bool WasKilled)
{
    internal static async Task<ProbeRun> StartAsync(string[] arguments, string variable, TimeSpan? limit = null, Dictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "FenceKit.Contract.Probe.dll"));
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment[FenceContract.VariableName] = variable;
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        using CancellationTokenSource over = new(limit ?? TimeSpan.FromSeconds(60));
        bool wasKilled = false;
        try
        {
            await process.WaitForExitAsync(over.Token);
        }
        catch (OperationCanceledException)
        {
            wasKilled = true;
            process.Kill(); // SIGKILL: a thread that hangs in the kernel hears nothing weaker
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return new ProbeRun(process.ExitCode, await output, wasKilled);
    }
}
