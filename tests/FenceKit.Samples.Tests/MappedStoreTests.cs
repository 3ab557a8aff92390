// SPDX-License-Identifier: MIT

using System.Diagnostics;
using System.Text.Json;

namespace FenceKit.Samples.Tests;

/// <summary>The mapped store as its users run it.</summary>
public sealed class MappedStoreTests
{
    private static readonly string[] s_names =
        ["ReaderGate", "SafeHandle", "lock", "ReaderWriterLockSlim", "MemoryMappedViewAccessor", "RandomAccess"];

    [Fact]
    public async Task Run_Short_DiesWithoutTheGateSurvivesWithItAndMeasuresEverything()
    {
        string json = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.json");
        try
        {
            (int exitCode, string error) = await RunAsync("--seconds", "2", "--megabytes", "32", "--json", json);

            Assert.True(exitCode == 0, error);
            using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(json));
            JsonElement root = report.RootElement;
            Assert.True(root.GetProperty("unsafeDied").GetBoolean());
            Assert.True(root.GetProperty("gateSurvived").GetBoolean());
            Assert.Equal(0, root.GetProperty("wrong").GetInt64());
            Assert.True(root.GetProperty("reads").GetInt64() > 0);
            Assert.True(root.GetProperty("replacements").GetInt64() > 0);
            JsonElement[] rows = [.. root.GetProperty("rows").EnumerateArray()];
            foreach (int threads in (int[])[1, 2, 4])
            {
                Assert.Equal(
                    s_names,
                    rows.Where(row => row.GetProperty("threads").GetInt32() == threads).Select(row => row.GetProperty("name").GetString()));
            }

            Assert.All(rows, row => Assert.True(row.GetProperty("readsPerSecond").GetDouble() > 0));
            Assert.All(rows, row => Assert.True(row.GetProperty("closeMs").GetDouble() > 0));
        }
        finally
        {
            File.Delete(json);
        }
    }

    [Theory]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "soon")]
    [InlineData("--megabytes", "15")]
    [InlineData("--json", "/no/such/folder/file.json")]
    [InlineData("--bogus", "1")]
    public async Task Options_ThatMakeNoSense_CostOneLineAndExitCodeTwo(string option, string value)
    {
        (int exitCode, string error) = await RunAsync(option, value);

        Assert.Equal(2, exitCode);
        Assert.StartsWith("mappedstore: ", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(MappedStore.Scenes.Show).Assembly.Location);
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        await output;
        return (process.ExitCode, await error);
    }
}
