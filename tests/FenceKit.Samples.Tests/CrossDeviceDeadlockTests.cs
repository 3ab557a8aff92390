// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Tests;

/// <summary>The sample that hangs once a year, and the report that says so in the first run.</summary>
public sealed class CrossDeviceDeadlockTests
{
    [Fact]
    public async Task TheBadDesign_OnOneThread_IsReportedThroughBothDrivers()
    {
        string page = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.html");
        try
        {
            SampleRun run = await RunAsync("--design", "wait-in-notifier", "--html", page);

            Assert.Equal(1, run.ExitCode);
            Assert.Equal("", run.Error);
            Assert.Contains("Circular lock dependency", run.Output, StringComparison.Ordinal);
            Assert.Contains("fence copy engine", run.Output, StringComparison.Ordinal);
            Assert.Contains("takes schedule of display", run.Output, StringComparison.Ordinal);
            Assert.Contains("memory reclaim", run.Output, StringComparison.Ordinal);
            Assert.Contains("fence copy engine", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(page);
        }
    }

    [Fact]
    public async Task TheGoodDesign_IsSilent()
    {
        SampleRun run = await RunAsync("--design", "split");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.DoesNotContain("Circular", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheBadDesign_AtTheWrongMoment_Hangs()
    {
        SampleRun run = await RunAsync("--really-hang");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("It hung", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--design")]
    [InlineData("--design", "")]
    [InlineData("--design", "Split")]
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
        Assert.Equal("", run.Output);
        Assert.StartsWith("CrossDeviceDeadlock: ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_NamesEveryOption()
    {
        SampleRun run = await RunAsync("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.All(["--design", "--really-hang", "--html"], option => Assert.Contains(option, run.Output, StringComparison.Ordinal));
    }

    private static Task<SampleRun> RunAsync(params string[] arguments) =>
        SampleProcess.RunAsync(arguments, assembly: Path.Combine(AppContext.BaseDirectory, "CrossDeviceDeadlock.dll"));
}
