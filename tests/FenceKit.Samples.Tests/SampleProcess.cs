// SPDX-License-Identifier: MIT

using System.Diagnostics;

namespace FenceKit.Samples.Tests;

/// <summary>What a finished run left behind.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Error, int ProcessId)
{
    public IReadOnlyList<string> ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>
/// Runs the built sample as a process of its own, under a limit: a thread that hangs in the kernel ends with its process and in no other
/// way.
/// </summary>
internal static class SampleProcess
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(120);

    public static async Task<SampleRun> RunAsync(
        string[] arguments, string? require = null, string? assembly = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(assembly ?? typeof(Reclaim.Scenes.Show).Assembly.Location);
        Array.ForEach(arguments, start.ArgumentList.Add);

        // The demands of the machine that runs the tests are no business of a run that is about something else.
        start.Environment.Remove(Reclaim.Backends.Requirements.Variable);
        if (require is not null)
        {
            start.Environment[Reclaim.Backends.Requirements.Variable] = require;
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(); // SIGKILL: anything weaker is not heard in the kernel
            throw new TimeoutException($"The sample was killed after {s_limit.TotalSeconds} seconds: {string.Join(' ', arguments)}");
        }

        return new SampleRun(process.ExitCode, await output, await error, process.Id);
    }
}
