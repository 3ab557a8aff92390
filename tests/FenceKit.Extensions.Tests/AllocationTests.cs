// SPDX-License-Identifier: MIT
using Microsoft.Extensions.DependencyInjection;

namespace FenceKit.Extensions.Tests;

/// <summary>With the log, the watch and the meter installed, and nothing to say, the hot paths cost no byte, as without them.</summary>
[Collection(AloneCollection.Name)]
public class AllocationTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);

    [Fact]
    public async Task Signaling_a_fence_costs_nothing()
    {
        await using TestApplication application = await StartAsync();
        using FenceTimeline timeline = new("allocation timeline");
        Assert.Equal(0, Allocation.Of(() => timeline.Signal(timeline.Issue())));
    }

    [Fact]
    public async Task Renting_from_a_pool_costs_nothing()
    {
        await using TestApplication application = await StartAsync();
        FencePool pool = application.Pool("requests");
        Assert.Equal(0, Allocation.Of(() =>
        {
            Assert.True(pool.TryRent(out FenceSource source));
            source.TrySignal();
        }));
    }

    [Fact]
    public async Task A_session_costs_nothing()
    {
        await using TestApplication application = await StartAsync();
        InvalidationNotifier notifier = application.Notifier("pages");
        notifier.Subscribe(s_page, new StubSubscriber { Remembers = false }, "nic");
        Assert.Equal(0, Allocation.Of(() =>
        {
            Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
            session.Wait(TimeSpan.Zero);
            session.Commit();
        }));
    }

    [Fact]
    public async Task A_session_that_waits_without_a_thread_costs_nothing()
    {
        await using TestApplication application = await StartAsync();
        InvalidationNotifier notifier = application.Notifier("pages");
        using FenceTimeline device = new("allocation device");
        StubSubscriber subscriber = new() { Remembers = false };
        notifier.Subscribe(s_page, subscriber, "nic");
        Assert.Equal(0, Allocation.Of(() =>
        {
            subscriber.Fence = device.Issue();
            Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
            ValueTask<InvalidationOutcome> waiting = session.WaitAsync(TimeSpan.FromSeconds(90));
            device.Signal(device.Issued);
            while (!waiting.IsCompleted)
            {
                Thread.Yield();
            }

            Assert.True(waiting.Result == InvalidationOutcome.Completed);
            session.Commit();
        }));
    }

    [Fact]
    public async Task Submitting_to_a_device_queue_costs_nothing()
    {
        await using TestApplication application = await StartAsync();
        DeviceQueue<int> queue = application.Queue("copies");
        Assert.Equal(0, Allocation.Of(() => Assert.True(queue.TrySubmit(1, out _) == DeviceSubmitStatus.Submitted)));
    }

    private static Task<TestApplication> StartAsync() => TestApplication.StartAsync(builder =>
        builder.AddNotifier("pages").AddFencePool("requests", 2).AddDeviceQueue("copies", _ => new AtOnceDriver(), options => options.Dispatch = DeviceDispatch.Inline));

    private sealed class AtOnceDriver : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
            foreach (DeviceCommand<int> command in batch)
            {
                command.Complete();
            }
        }
    }
}
