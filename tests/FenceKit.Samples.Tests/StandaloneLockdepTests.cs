// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Tests;

/// <summary>An ordinary program with one bug that never showed.</summary>
public sealed class StandaloneLockdepTests
{
    [Fact]
    public async Task TheShop_RunsToItsEnd_AndIsToldBothPlacesAndBothServices()
    {
        string page = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.html");
        try
        {
            SampleRun run = await RunAsync("--html", page);

            Assert.Equal(1, run.ExitCode);
            Assert.Equal("", run.Error);
            Assert.DoesNotContain("\u001b", run.Output, StringComparison.Ordinal);
            Assert.Contains("ran to its end", run.Output, StringComparison.Ordinal);
            Assert.Contains("Circular lock dependency (certain)", run.Output, StringComparison.Ordinal);
            Assert.Contains("OrderService.Order", run.Output, StringComparison.Ordinal);
            Assert.Contains("StockService.Receive", run.Output, StringComparison.Ordinal);
            Assert.Matches("held: +OrderService #\\d+, exclusive, at Shop.cs:\\d+", run.Output);
            Assert.Matches("held: +StockService #\\d+, exclusive, at Shop.cs:\\d+", run.Output);
            Assert.Contains("StockService", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(page);
        }
    }

    [Theory]
    [InlineData("--html")]
    [InlineData("--html", "")]
    [InlineData("--html", "/")]
    [InlineData("--html", "/no/such/folder/report.html")]
    [InlineData("--frobnicate")]
    [InlineData("surplus")]
    public async Task InvalidOption_CostsOneLineAndExitCode2(params string[] arguments)
    {
        SampleRun run = await RunAsync(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("StandaloneLockdep: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private static Task<SampleRun> RunAsync(params string[] arguments)
        => SampleProcess.RunAsync(arguments, assembly: Path.Combine(AppContext.BaseDirectory, "StandaloneLockdep.dll"));
}
