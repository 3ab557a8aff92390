// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Waiting for room in a queue that is full.</summary>
public class DeviceRoomTests
{
    private readonly HandDriver _driver = new();

    private DeviceQueue<int> MakeFull()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(capacity: 2, depth: 1));
        DeviceQueueTests.Submit(queue, 3);
        Assert.Equal(DeviceSubmitStatus.Full, queue.TrySubmit(9, out _));
        return queue;
    }

    [Fact]
    public async Task Everybody_who_waits_gets_in_as_room_comes_and_nobody_is_lost()
    {
        DeviceQueue<int> queue = MakeFull();
        Task<Fence>[] waiting = [.. Enumerable.Range(0, 20).Select(i => queue.SubmitAsync(100 + i).AsTask())];
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        int ended = 0;
        while (ended < 23)
        {
            Limit.Until(() => _driver.Started.Count > ended, "The next command");
            _driver.Started[ended++].Complete();
        }

        Fence[] fences = await Limit.OnAsync(Task.WhenAll(waiting));

        Assert.Equal(20, fences.Distinct().Count());
        Assert.Equal(Enumerable.Range(100, 20), _driver.Started.Skip(3).Select(command => command.Payload).Order());
        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(1, out _));
    }

    [Fact]
    public async Task A_wait_for_room_that_is_canceled_takes_none()
    {
        DeviceQueue<int> queue = MakeFull();
        using CancellationTokenSource source = new();
        Task<Fence> canceled = queue.SubmitAsync(7, default, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(canceled));
        _driver.Started[0].Complete();
        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(8, out _));
        Assert.DoesNotContain(_driver.Started, command => command.Payload == 7);
    }

    [Fact]
    public async Task Who_waits_for_room_hears_of_the_loss_and_of_the_end()
    {
        DeviceQueue<int> lost = MakeFull();
        Task<Fence> first = lost.SubmitAsync(7).AsTask();
        lost.Lose(new IOException("unplugged"));
        await Assert.ThrowsAsync<DeviceLostException>(() => Limit.OnAsync(first));

        DeviceQueue<int> ended = new("queue", _driver, HandDriver.Options(capacity: 1, depth: 1));
        DeviceQueueTests.Submit(ended, 2);
        Task<Fence> second = ended.SubmitAsync(7).AsTask();
        Task disposed = ended.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Limit.OnAsync(second));
        _driver.Started[^1].Complete();
        Limit.Until(() => _driver.Started.Count == 3, "The last command");
        _driver.Started[^1].Complete();
        await Limit.OnAsync(disposed);
    }
}
