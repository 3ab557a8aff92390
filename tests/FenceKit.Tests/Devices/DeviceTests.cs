// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceTests
{
    private static readonly NotSupportedException s_reason = new("pulled out");

    [Fact]
    public async Task Losing_the_device_faults_the_commands_of_every_queue()
    {
        await using Device device = new("GPU");
        HandDriver compute = new();
        HandDriver copy = new();
        DeviceQueue<int> first = device.AddQueue("compute", compute, HandDriver.Options());
        DeviceQueue<int> second = device.AddQueue("copy", copy, HandDriver.Options());
        first.TrySubmit(1, out Fence one);
        second.TrySubmit(2, out Fence two);

        Assert.True(device.Lose(s_reason));
        Assert.False(device.Lose(s_reason));

        Assert.Same(s_reason, device.LostReason);
        Assert.All([one, two], fence => Assert.IsType<DeviceLostException>(fence.Error));
        Assert.Equal([1, 1], [compute.Losses, copy.Losses]);
        Assert.Equal(DeviceSubmitStatus.Lost, second.TrySubmit(3, out _));
    }

    [Fact]
    public async Task A_queue_that_loses_the_device_loses_it_for_all()
    {
        await using Device device = new("GPU");
        DeviceQueue<int> first = device.AddQueue("compute", new HandDriver { WhenStarted = static _ => throw s_reason }, HandDriver.Options());
        DeviceQueue<int> second = device.AddQueue("copy", new HandDriver(), HandDriver.Options());
        second.TrySubmit(1, out Fence elsewhere);

        first.TrySubmit(2, out Fence fence);

        Assert.Equal(FenceStatus.Faulted, fence.GetStatus(out _));
        Assert.IsType<DeviceLostException>(elsewhere.Error);
        Assert.Same(s_reason, device.LostReason);
    }

    [Fact]
    public async Task A_lost_or_disposed_device_takes_no_more_queues()
    {
        Device lost = new("lost");
        lost.Lose(s_reason);
        Device disposed = new("disposed");
        await disposed.DisposeAsync();

        Assert.Same(s_reason, Assert.Throws<DeviceLostException>(() => lost.AddQueue("queue", new HandDriver())).InnerException);
        Assert.Throws<ObjectDisposedException>(() => disposed.AddQueue("queue", new HandDriver()));
        Assert.False(disposed.Lose(s_reason));
        Assert.False(lost.TryReset());
    }

    [Fact]
    public async Task Resetting_the_device_resets_every_queue()
    {
        await using Device device = new("GPU");
        int resets = 0;
        DeviceQueue<int>[] queues =
        [
            device.AddQueue("compute", new HandDriver { WhenReset = () => resets++ }, HandDriver.Options()),
            device.AddQueue("copy", new HandDriver { WhenReset = () => resets++ }, HandDriver.Options()),
        ];
        Fence[] fences = [.. queues.Select(queue =>
        {
            queue.TrySubmit(1, out Fence fence);
            return fence;
        })];

        Assert.True(device.TryReset());

        Assert.Equal(2, resets);
        Assert.All(fences, fence => Assert.IsType<DeviceResetException>(fence.Error));
        Assert.Null(device.LostReason);
    }

    [Fact]
    public async Task Draining_waits_for_all_queues()
    {
        await using Device device = new("GPU");
        HandDriver slow = new();
        device.AddQueue("idle", new HandDriver(), HandDriver.Options());
        device.AddQueue("slow", slow, HandDriver.Options()).TrySubmit(1, out _);

        Assert.False(await device.DrainAsync(TimeSpan.Zero));
        Task<bool> drained = device.DrainAsync(Limit.Time).AsTask();
        Assert.False(drained.IsCompleted);
        slow.Started[0].Complete();
        Assert.True(await drained);
        Assert.Equal(2, device.QueueCount);
    }

    [Fact]
    public async Task Disposing_ends_what_was_accepted_and_closes_every_driver()
    {
        Device device = new("GPU");
        HandDriver[] drivers = [new() { WhenStarted = static command => command.Complete() }, new() { WhenStarted = static command => command.Complete() }];
        Fence[] fences = [.. drivers.Select(driver =>
        {
            device.AddQueue("queue", driver).TrySubmit(1, out Fence fence);
            return fence;
        })];

        await device.DisposeAsync();

        Assert.All(fences, fence => Assert.Equal(FenceStatus.Signaled, fence.Status));
        Assert.All(drivers, driver => Assert.Equal(1, driver.Closes));
    }
}
