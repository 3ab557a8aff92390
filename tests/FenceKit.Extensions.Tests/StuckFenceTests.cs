// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions.Tests;

/// <summary>Waits for fences that last too long.</summary>
public class StuckFenceTests
{
    [Fact]
    public async Task A_wait_that_lasts_too_long_is_logged_once()
    {
        await using TestApplication application = await TestApplication.StartAsync(_ => { }, ("FenceKit:StuckFenceThreshold", "00:00:08"));
        using FenceTimeline timeline = new("stuck once");
        Task waiting = WaitForAsync(timeline.Issue());

        application.Clock.Advance(TimeSpan.FromSeconds(9)); // the first look sees it after two seconds
        Assert.DoesNotContain(application.Log.Entries, IsOf("stuck once"));
        application.Clock.Advance(TimeSpan.FromSeconds(40));

        LogEntry entry = Assert.Single(application.Log.Entries, IsOf("stuck once"));
        Assert.Equal((100, "FenceKit.FenceTimeline", LogLevel.Error), (entry.Id.Id, entry.Category, entry.Level));
        Assert.Equal("stuck once:1", entry.Fields["Fence"]);
        Assert.Contains(nameof(WaitForAsync), (string)entry.Fields["Waiter"]!, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(8), entry.Fields["Waited"]);
        timeline.Signal(1);
        await Limit.OnAsync(waiting);
    }

    [Fact]
    public async Task Waits_that_come_and_go_are_not_stuck_however_alike_they_are()
    {
        await using TestApplication application = await TestApplication.StartAsync(_ => { }, ("FenceKit:StuckFenceThreshold", "00:00:08"));
        for (int i = 0; i < 20; i++)
        {
            using FenceTimeline timeline = new("stuck never");
            Task waiting = WaitForAsync(timeline.Issue());
            application.Clock.Advance(TimeSpan.FromSeconds(4));
            timeline.Signal(1);
            await Limit.OnAsync(waiting);
        }

        Assert.DoesNotContain(application.Log.Entries, IsOf("stuck never"));
    }

    [Fact]
    public async Task Without_a_limit_nobody_looks()
    {
        await using TestApplication application = await TestApplication.StartAsync(_ => { }, ("FenceKit:StuckFenceThreshold", "Infinite"));
        Assert.Equal(0, application.Clock.ActiveTimers);
    }

    [Fact]
    public async Task After_the_end_of_the_host_nobody_looks_any_more()
    {
        TestApplication application = await TestApplication.StartAsync(_ => { });
        Assert.Equal(1, application.Clock.ActiveTimers);
        await application.StopAsync();
        Assert.Equal(0, application.Clock.ActiveTimers);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task A_timeline_that_everybody_has_dropped_is_not_kept_alive()
    {
        await using TestApplication application = await TestApplication.StartAsync(_ => { }, ("FenceKit:StuckFenceThreshold", "00:00:08"));
        WeakReference timeline = Drop(application.Clock);
        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !timeline.IsAlive;
            },
            "The collection of the timeline");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Drop(ManualTimeProvider clock)
    {
        WeakReference? dropped = null;
        TestThread.Run(() =>
        {
            FenceTimeline timeline = new("stuck dropped");
            _ = WaitForAsync(timeline.Issue());
            clock.Advance(TimeSpan.FromSeconds(60));
            dropped = new WeakReference(timeline);
        });
        return dropped!;
    }

    private static async Task WaitForAsync(Fence fence) => await fence;

    private static Predicate<LogEntry> IsOf(string timeline) => entry => entry.Text.Contains(timeline, StringComparison.Ordinal);
}
