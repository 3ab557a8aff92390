// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.Json;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>The sample with its faults: processes that are killed and stopped, a server that restarts, a node that is cut off.</summary>
public class ClusterSampleTests
{
    [RedisFact]
    public async Task Real_processes_that_are_killed_stopped_and_cut_off_serve_nothing_stale() => await RunAsync(path: null);

    [Fact]
    public async Task Without_a_server_the_sample_runs_in_one_process() => await RunAsync(path: Path.GetDirectoryName(Environment.ProcessPath));

    private static async Task RunAsync(string? path)
    {
        string report = Path.GetTempFileName();
        string configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
        string sample = FenceKit.Tests.Repository.PathOf("samples", "Cluster", "bin", configuration, "net10.0", "Cluster.dll");
        ProcessStartInfo start = new(Environment.ProcessPath!, [sample, "--seconds", "12", "--json", report])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = path ?? start.Environment["PATH"];
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The sample did not end: {await output} {await errors}");
        }

        string json = await File.ReadAllTextAsync(report);
        File.Delete(report);
        Assert.True(process.ExitCode == 0, $"{await errors} {json}");
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal(0, document.RootElement.GetProperty("stale").GetInt64());
        Assert.True(document.RootElement.GetProperty("sessionsThatWaited").GetInt32() >= 50, json);
        Assert.True(document.RootElement.GetProperty("endsByLease").GetInt64() >= 1, json);
    }
}
