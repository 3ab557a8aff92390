// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceCancelTests
{
    private readonly HandDriver _driver = new();
    private readonly DeviceQueue<int> _queue;

    public DeviceCancelTests() => _queue = new DeviceQueue<int>("queue", _driver, HandDriver.Options(depth: 1));

    [Fact]
    public void A_command_that_waits_is_canceled_and_never_runs_and_its_fence_keeps_its_turn()
    {
        Fence[] fences = DeviceQueueTests.Submit(_queue, 3);

        Assert.Equal(DeviceCancelResult.Canceled, _queue.TryCancel(fences[1]));
        Assert.False(fences[1].IsSignaled);
        _driver.Started[0].Complete();

        Assert.Equal(FenceStatus.Signaled, fences[0].Status);
        Assert.Equal(FenceStatus.Faulted, fences[1].Status);
        Assert.Equal([0, 2], _driver.Started.Select(command => command.Payload));
        Assert.Equal(1, _queue.GetStatistics().Canceled);
    }

    [Fact]
    public void A_command_that_runs_is_stopped_by_its_driver_who_says_when()
    {
        Fence[] fences = DeviceQueueTests.Submit(_queue, 1);

        Assert.Equal(DeviceCancelResult.Requested, _queue.TryCancel(fences[0]));
        Assert.Equal([1ul], _driver.Canceled);
        Assert.False(fences[0].IsSignaled);
        _driver.Started[0].Cancel();

        Assert.IsType<OperationCanceledException>(fences[0].Error, exactMatch: false);
    }

    [Fact]
    public void A_command_that_is_over_cannot_be_canceled()
    {
        Fence[] fences = DeviceQueueTests.Submit(_queue, 1);
        _driver.Started[0].Complete();

        Assert.Equal(DeviceCancelResult.TooLate, _queue.TryCancel(fences[0]));
        Assert.Equal(FenceStatus.Signaled, fences[0].Status);
    }

    [Fact]
    public void Canceling_twice_says_too_late()
    {
        Fence[] fences = DeviceQueueTests.Submit(_queue, 2);
        _queue.TryCancel(fences[1]);
        Assert.Equal(DeviceCancelResult.TooLate, _queue.TryCancel(fences[1]));
    }

    [Fact]
    public void A_fence_of_somebody_else_is_refused()
    {
        Assert.Throws<ArgumentException>(() => _queue.TryCancel(new FenceTimeline("other").Issue()));
        Assert.Throws<ArgumentException>(() => _queue.TryCancel(default));
    }

    [Fact]
    public async Task Awaiting_a_canceled_command_throws_as_a_canceled_task_does()
    {
        Fence[] fences = DeviceQueueTests.Submit(_queue, 2);
        _queue.TryCancel(fences[1]);
        _driver.Started[0].Complete();

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await fences[1]);
    }
}
