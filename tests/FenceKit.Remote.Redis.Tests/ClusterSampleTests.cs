// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.Json;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>The sample with its faults: nodes and an owner that are killed and stopped, a successor, a server that restarts, a node that is cut off.</summary>
public class ClusterSampleTests
{
    [RedisFact]
    public async Task Real_processes_that_are_killed_stopped_and_cut_off_serve_nothing_stale()
    {
        using JsonDocument report = await RunAsync(12);
        CheckOwners(report);
    }

    [NamespaceFact]
    public async Task A_node_whose_cable_is_pulled_and_one_that_is_heard_and_hears_nothing_serve_nothing_stale()
    {
        using JsonDocument report = await RunAsync(12, options: ["--namespaces"]);
        CheckOwners(report);
        Assert.Contains("in a network of its own", report.RootElement.GetProperty("parts").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, report.RootElement.GetProperty("events").EnumerateArray().Count(one => one.GetString()!.Contains("the lease of node 2 is over", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_a_server_the_sample_runs_in_one_process() => (await RunAsync(6, path: Path.GetDirectoryName(Environment.ProcessPath))).Dispose();

    private static void CheckOwners(JsonDocument report)
    {
        Assert.Equal(2, report.RootElement.GetProperty("owners").GetInt64());
        Assert.True(report.RootElement.GetProperty("endsByAcknowledgement").GetInt64() >= 50, report.RootElement.ToString());
        Assert.True(report.RootElement.GetProperty("staleWithPlainPublish").GetInt64() >= 1, report.RootElement.ToString());
    }

    private static async Task<JsonDocument> RunAsync(int seconds, string? path = null, params string[] options)
    {
        string report = Path.GetTempFileName();
        string configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
        string sample = FenceKit.Tests.Repository.PathOf("samples", "Cluster", "bin", configuration, "net10.0", "Cluster.dll");
        ProcessStartInfo start = new(Environment.ProcessPath!, [sample, "--seconds", $"{seconds}", "--json", report, .. options])
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
        JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal(0, document.RootElement.GetProperty("stale").GetInt64());
        Assert.True(document.RootElement.GetProperty("sessionsThatWaited").GetInt32() >= 50, json);
        Assert.True(document.RootElement.GetProperty("endsByLease").GetInt64() >= 1, json);
        return document;
    }
}
