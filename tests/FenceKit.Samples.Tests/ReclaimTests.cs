// SPDX-License-Identifier: MIT

using System.Text.Json;

namespace FenceKit.Samples.Tests;

/// <summary>The main job from end to end, by its exit code and its figures.</summary>
public sealed class ReclaimTests : IDisposable
{
    private static readonly string[] s_figures =
        ["backend", "staleWithout", "staleWith", "invalidations", "split", "reclaim"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fencekit-tests-");

    private string JsonFile => Path.Combine(_folder.FullName, "reclaim.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [RealPartsFact("uffd", "uring")]
    public async Task Reclaim_OnTheKernel_LosesDataOnlyWithoutFenceKit()
    {
        CheckFigures(await RunAsync("--backend", "real"), backend: "userfaultfd+io_uring");
        Proof.Keep("reclaim", JsonFile);
    }

    [Fact]
    public async Task Reclaim_OnASimulation_LosesDataOnlyWithoutFenceKit() =>
        CheckFigures(await RunAsync("--backend", "simulated"), backend: "simulated");

    [RealPartsFact("uffd", "uring")]
    public Task Hang_OnTheKernel_IsEndedByTheWatchdog() => CheckHangAsync(backend: "real");

    [Fact]
    public Task Hang_OnASimulation_IsEndedByTheWatchdog() => CheckHangAsync(backend: "simulated");

    [Fact]
    public async Task Reclaim_WhenRedirected_WritesPlainLinesOnly()
    {
        SampleRun run = await SampleProcess.RunAsync(["--backend", "simulated", "--seconds", "1"]);

        Assert.DoesNotContain('\u001b', run.Output);
        Assert.DoesNotContain('\r', run.Output);
        Assert.Equal("FenceKit Reclaim on simulated", run.Output.Split(Environment.NewLine)[0]);
        Assert.All(Reclaim.Scenes.Show.Scenes, scene => Assert.Contains(scene, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reclaim_WhenItEnds_LeavesNoFileBehind()
    {
        SampleRun run = await SampleProcess.RunAsync(["--backend", "simulated", "--seconds", "1"]);

        Assert.Empty(FindDataFiles(run.ProcessId));
    }

    private static string[] FindDataFiles(int processId) =>
        [.. new[] { Path.GetTempPath(), "/var/tmp" }
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, $"fencekit-reclaim-{processId}-*"))];

    /// <summary>
    /// Threads sleep in the kernel for a device that never lets go: somebody must set them free, and say whose fault it was.
    /// </summary>
    private static async Task CheckHangAsync(string backend)
    {
        SampleRun run = await SampleProcess.RunAsync(["--backend", backend, "--hang"]);

        Assert.Equal(1, run.ExitCode);
        string line = Assert.Single(run.ErrorLines);
        Assert.Contains("still held by 'slow device, buffer 0'", line, StringComparison.Ordinal);
        Assert.Contains("watchdog", line, StringComparison.Ordinal);
    }

    private static void CheckFigures(JsonElement figures, string backend)
    {
        Assert.Equal(s_figures, figures.EnumerateObject().Select(static figure => figure.Name));
        Assert.Equal(backend, figures.GetProperty("backend").GetString());
        Assert.True(figures.GetProperty("staleWithout").GetInt64() > 0, "Without a notifier nothing went wrong: nothing was shown.");
        Assert.Equal(0, figures.GetProperty("staleWith").GetInt64());
        Assert.True(figures.GetProperty("invalidations").GetInt64() >= 500, "Fewer than 500 invalidations caught requests in flight.");

        JsonElement[] split = [.. figures.GetProperty("split").EnumerateArray()];
        Assert.Equal([1, 2, 4, 8], split.Select(static row => row.GetProperty("devices").GetInt32()));
        Assert.All(split, static row => Assert.True(row.GetProperty("sequentialMs").GetDouble() > 0));
        Assert.All(split, static row => Assert.True(row.GetProperty("splitMs").GetDouble() > 0));

        JsonElement reclaim = figures.GetProperty("reclaim");
        Assert.InRange(reclaim.GetProperty("ranges").GetInt32(), 25, 48); // more than the 24 that fit; how many come up in time is the machine's
        Assert.True(reclaim.GetProperty("reclaimed").GetInt64() > 0, "Nothing was reclaimed.");
        Assert.True(reclaim.GetProperty("skipped").GetInt64() > 0, "Nothing was skipped, although a device is stuck.");
        Assert.True(reclaim.GetProperty("waited").GetInt64() >= 0);
        Assert.Equal(0, reclaim.GetProperty("corrupt").GetInt64());
    }

    private async Task<JsonElement> RunAsync(params string[] arguments)
    {
        SampleRun run = await SampleProcess.RunAsync([.. arguments, "--seconds", "5", "--json", JsonFile]);

        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        using FileStream file = File.OpenRead(JsonFile);
        return await JsonSerializer.DeserializeAsync<JsonElement>(file);
    }
}
