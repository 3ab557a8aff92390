// SPDX-License-Identifier: MIT

namespace FenceKit.Samples.Tests;

/// <summary>The first thing that a newcomer runs.</summary>
public sealed class QuickStartTests
{
    [Fact]
    public async Task Every_page_is_freed_under_the_device_and_the_reader_and_nobody_touches_it_afterwards()
    {
        SampleRun run = await SampleProcess.RunAsync([], assembly: Path.Combine(AppContext.BaseDirectory, "QuickStart.dll"));

        Assert.Equal("", run.Error);
        Assert.Contains("40 pages freed", run.Output, StringComparison.Ordinal);
        Assert.Contains("Nobody touched a page after it was freed.", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
    }
}
