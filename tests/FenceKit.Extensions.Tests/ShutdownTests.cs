// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FenceKit.Extensions.Tests;

/// <summary>The end of the host: what was accepted is finished, in finite time, and after everybody who may submit has stopped.</summary>
public class ShutdownTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    [Theory]
    [InlineData(DeviceDispatch.ThreadPool)]
    [InlineData(DeviceDispatch.Inline)]
    [InlineData(DeviceDispatch.DedicatedThread)]
    public async Task Commands_that_were_accepted_finish_before_the_host_has_stopped(DeviceDispatch dispatch)
    {
        HeldDriver driver = new();
        TestApplication application = await TestApplication.StartAsync(builder => builder.AddDeviceQueue("q", _ => driver, options => options.Dispatch = dispatch));
        Assert.Equal(DeviceSubmitStatus.Submitted, application.Queue("q").TrySubmit(1, out Fence fence));
        Limit.Until(() => driver.Running == 1, "The start of the command");

        Task stopping = application.StopAsync();
        Limit.Until(() => application.Queue("q").TrySubmit(2, out _) != DeviceSubmitStatus.Submitted, "The queue refusing commands");
        Assert.False(stopping.IsCompleted);
        driver.Finish();
        await Limit.OnAsync(Task.Run(async () =>
        {
            while (!stopping.IsCompleted)
            {
                driver.Finish(); // of those that got in before the queue refused
                await Task.Yield();
            }
        }));
        await stopping;

        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.True(driver.IsClosed);
        await application.DisposeAsync(); // and the container may dispose the queue once more
    }

    [Fact]
    public async Task The_end_of_the_hosts_time_gives_up_a_device_that_does_not_finish()
    {
        HeldDriver driver = new();
        TestApplication application = await TestApplication.StartAsync(builder => builder.AddDeviceQueue("q", _ => driver));
        Assert.Equal(DeviceSubmitStatus.Submitted, application.Queue("q").TrySubmit(1, out Fence fence));
        Limit.Until(() => driver.Running == 1, "The start of the command");
        using CancellationTokenSource outOfTime = new();

        Task stopping = application.StopAsync(outOfTime.Token);
        Assert.Equal(FenceStatus.Pending, fence.Status);
        await outOfTime.CancelAsync();
        await stopping;

        Assert.Equal(FenceStatus.Faulted, fence.GetStatus(out Exception? error));
        Assert.Contains("time to shut down", Assert.IsType<DeviceLostException>(error).InnerException!.Message, StringComparison.Ordinal);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task Queues_drain_after_every_service_has_stopped_wherever_it_was_registered()
    {
        List<string> order = [];
        LastSubmitter before = new(order);
        LastSubmitter after = new(order);
        TestApplication application = TestApplication.Build((services, _) =>
        {
            services.AddSingleton<IHostedService>(before);
            services.AddFenceKit().AddDeviceQueue("q", _ => new RecordingDriver(order), options => options.Dispatch = DeviceDispatch.Inline);
            services.AddSingleton<IHostedService>(after);
        });
        before.Queue = after.Queue = application.Queue("q");
        await application.StartAsync();
        await application.StopAsync();
        Assert.Equal(["submitted", "submitted", "closed"], order);
        await application.DisposeAsync();
    }

    [Fact]
    public async Task A_notifier_is_released_and_what_a_queue_held_is_not_in_quarantine()
    {
        TestApplication application = await TestApplication.StartAsync(
            builder => builder.AddNotifier("pages").AddDeviceQueue("q", _ => new RangeDriver(), options => options.Dispatch = DeviceDispatch.Inline));
        application.Queue("q").Attach(application.Notifier("pages"), s_page);
        Assert.Equal(DeviceSubmitStatus.Submitted, application.Queue("q").TrySubmit(1, out _));
        InvalidationNotifier notifier = application.Notifier("pages");
        await application.StopAsync();

        Assert.Throws<ObjectDisposedException>(() => notifier.TrySchedule(s_page, InvalidationReason.Unmap, out _));
        Assert.Empty(notifier.GetQuarantined());
        await application.DisposeAsync();
    }

    [Fact]
    public async Task The_release_of_a_notifier_waits_as_long_as_its_own_options_say()
    {
        TestApplication application = await TestApplication.StartAsync(
            builder => builder.AddNotifier("patient", options => options.ReleaseTimeout = Timeout.InfiniteTimeSpan));
        using FenceTimeline device = new("shutdown device");
        application.Notifier("patient").Subscribe(s_page, new StubSubscriber { Fence = device.Issue() }, "gpu");
        InvalidationNotifier notifier = application.Notifier("patient");
        Task stopping = application.StopAsync();
        Limit.Until(() => notifier.ActiveSessions == 1, "The release");
        Assert.False(stopping.IsCompleted);
        device.Signal(1);
        await stopping;
        Assert.Empty(notifier.GetQuarantined());
        await application.DisposeAsync();
    }

    [Fact]
    public async Task Pools_end_last_and_their_fences_fault()
    {
        TestApplication application = await TestApplication.StartAsync(builder => builder.AddFencePool("requests", 1));
        Assert.True(application.Pool("requests").TryRent(out FenceSource source));
        await application.StopAsync();
        Assert.Equal(FenceStatus.Faulted, source.Fence.Status);
        Assert.Contains(application.Log.Entries, entry => entry.Id.Id == 103 && entry.Text.Contains("1 fence pools", StringComparison.Ordinal));
        await application.DisposeAsync();
    }

    [Fact]
    public async Task A_part_that_fails_to_shut_down_keeps_no_other_from_it_and_is_logged()
    {
        TestApplication application = await TestApplication.StartAsync(builder => builder.AddNotifier("busy").AddFencePool("requests", 1));
        application.Pool("requests");
        InvalidationNotifier notifier = application.Notifier("busy");

        // No option lets such a time through; here it stands for whatever may throw in a shutdown.
        FenceKitParts parts = application.Services.GetRequiredService<FenceKitParts>();
        parts.Add(new NotifierPart(notifier, TimeSpan.FromSeconds(-5)));
        await application.StopAsync();

        Assert.Contains(application.Log.Entries, entry => entry.Id.Id == 102 && entry.Text.Contains("'busy'", StringComparison.Ordinal));
        Assert.Throws<ObjectDisposedException>(() => application.Pool("requests").TryRent(out _));
        await application.DisposeAsync();
    }

    [Fact]
    public async Task A_container_without_a_host_drains_when_it_is_disposed()
    {
        ServiceCollection services = new();
        services.AddFenceKit().AddDeviceQueue("q", _ => new RangeDriver()).AddNotifier("pages");
        ServiceProvider provider = services.BuildServiceProvider();
        DeviceQueue<int> queue = provider.GetRequiredKeyedService<DeviceQueue<int>>("q");
        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(1, out Fence fence));
        await Limit.OnAsync(provider.DisposeAsync().AsTask());
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }

    private sealed class LastSubmitter(List<string> order) : IHostedService
    {
        internal DeviceQueue<int>? Queue { get; set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Assert.Equal(DeviceSubmitStatus.Submitted, Queue!.TrySubmit(1, out _));
            order.Add("submitted");
            return Task.CompletedTask;
        }
    }

    private sealed class RecordingDriver(List<string> order) : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }

        public override void Close() => order.Add("closed");
    }

    private sealed class RangeDriver : DeviceDriver<int>
    {
        public override int GetRanges(in int command, Span<AddressRange> ranges)
        {
            ranges[0] = s_page;
            return 1;
        }

        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }
}
