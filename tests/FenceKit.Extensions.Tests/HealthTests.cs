// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FenceKit.Extensions.Tests;

/// <summary>The health check says what is wrong, of whom, and when it is right again.</summary>
[Collection(nameof(HealthTests))]
public class HealthTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    [Fact]
    public async Task Where_nothing_is_wrong_the_check_is_healthy()
    {
        await using TestApplication application = await StartAsync();
        application.Notifier("pages");
        Assert.True(application.Pool("requests").TryRent(out FenceSource source));
        HealthReportEntry entry = await CheckAsync(application);
        Assert.Equal((HealthStatus.Healthy, "Nothing is stuck, quarantined, lost or full."), (entry.Status, entry.Description));
        Assert.Equal(["full_pools", "lost_devices", "quarantined_memory", "stuck_fences"], entry.Data.Keys.Order());
        source.TrySignal();
    }

    [Fact]
    public async Task A_stuck_fence_fails_the_check_for_as_long_as_it_is_stuck()
    {
        await using TestApplication application = await StartAsync();
        using FenceTimeline timeline = new("health stuck");
        Task waiting = WaitForAsync(timeline.Issue());
        application.Clock.Advance(TimeSpan.FromMinutes(1));

        HealthReportEntry entry = await CheckAsync(application);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("has waited for health stuck:1", entry.Description, StringComparison.Ordinal);
        Assert.Contains((string[])entry.Data["stuck_fences"], text => text.Contains("health stuck:1", StringComparison.Ordinal));

        timeline.Signal(1);
        await Limit.OnAsync(waiting);
        Assert.DoesNotContain("health stuck", (await CheckAsync(application)).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quarantined_memory_fails_the_check_until_it_is_let_go()
    {
        await using TestApplication application = await StartAsync();
        using FenceTimeline device = new("health device");
        InvalidationNotifier notifier = application.Notifier("pages");
        notifier.Subscribe(s_page, new StubSubscriber { Fence = device.Issue() }, "stuck gpu");
        Assert.Empty(notifier.GetQuarantined());
        Assert.Single(notifier.Release(TimeSpan.Zero));

        HealthReportEntry entry = await CheckAsync(application);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Equal($"pages: {s_page} held by stuck gpu", Assert.Single((string[])entry.Data["quarantined_memory"]));

        device.Signal(1);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(application)).Status);
    }

    [Fact]
    public async Task A_lost_device_fails_the_check_and_says_whether_it_may_still_touch_memory()
    {
        await using TestApplication application = await StartAsync();
        application.Queue("copies").Lose(new NotSupportedException("unplugged"));
        HealthReportEntry entry = await CheckAsync(application);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.StartsWith("copies: ", Assert.Single((string[])entry.Data["lost_devices"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_pool_is_no_more_than_a_degradation()
    {
        await using TestApplication application = await StartAsync();
        FencePool pool = application.Pool("requests");
        Assert.True(pool.TryRent(out FenceSource first));
        Assert.True(pool.TryRent(out FenceSource second));
        HealthReportEntry entry = await CheckAsync(application);
        Assert.Equal((HealthStatus.Degraded, "1 full pools: requests: 0 of 2 available"), (entry.Status, entry.Description));

        first.TrySignal();
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(application)).Status);
        second.TrySignal();
    }

    [Fact]
    public async Task Name_failure_status_and_tags_are_the_applications_to_choose()
    {
        await using TestApplication application = TestApplication.Build((services, _) =>
            services.AddHealthChecks().AddFenceKit("devices", HealthStatus.Degraded, ["live"]).Services.AddFenceKit().AddDeviceQueue("copies", _ => new HeldDriver()));
        application.Queue("copies").Lose(new NotSupportedException("unplugged"));
        HealthReport report = await application.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Tags.Contains("live"));
        Assert.Equal(HealthStatus.Degraded, report.Entries["devices"].Status);
    }

    private static Task<TestApplication> StartAsync() => TestApplication.StartAsync(builder =>
    {
        builder.AddNotifier("pages").AddDeviceQueue("copies", _ => new HeldDriver()).AddFencePool("requests", 2);
        builder.Services.AddHealthChecks().AddFenceKit();
    });

    private static async Task<HealthReportEntry> CheckAsync(TestApplication application) =>
        (await application.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["fencekit"];

    private static async Task WaitForAsync(Fence fence) => await fence;
}
