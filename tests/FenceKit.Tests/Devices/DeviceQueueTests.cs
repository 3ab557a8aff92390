// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceQueueTests
{
    private readonly HandDriver _driver = new();

    [Fact]
    public void A_command_reaches_the_driver_and_its_fence_signals_when_it_is_reported()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());

        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(7, out Fence fence));

        DeviceCommand<int> command = Assert.Single(_driver.Started);
        Assert.Equal(7, command.Payload);
        Assert.Equal(fence, command.Fence);
        Assert.False(fence.IsSignaled);
        Assert.True(command.Complete());
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }

    [Fact]
    public void Commands_that_finish_out_of_order_signal_in_order_and_each_with_its_own_outcome()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        Fence[] fences = Submit(queue, 4);
        NotSupportedException error = new();

        _driver.Started[3].Complete();
        _driver.Started[1].Fail(error);
        _driver.Started[2].Complete();
        Assert.All(fences, fence => Assert.False(fence.IsSignaled));
        _driver.Started[0].Complete();

        Assert.Equal(
            [FenceStatus.Signaled, FenceStatus.Faulted, FenceStatus.Signaled, FenceStatus.Signaled], fences.Select(fence => fence.Status));
        Assert.Same(error, fences[1].Error);
    }

    [Fact]
    public void A_command_counts_once_however_often_it_is_reported()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        Fence[] fences = Submit(queue, 2);

        Assert.True(_driver.Started[0].Complete());
        Assert.False(_driver.Started[0].Complete());
        Assert.False(_driver.Started[0].Fail(new NotSupportedException()));

        Assert.Equal(FenceStatus.Signaled, fences[0].Status);
        Assert.False(fences[1].IsSignaled);
        Assert.Equal(2, queue.GetStatistics().StrayCompletions);
    }

    [Fact]
    public void A_full_queue_refuses_and_the_refusal_leaves_nothing_behind()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(capacity: 2, depth: 1));
        Fence[] fences = Submit(queue, 3); // one runs, two wait

        Assert.Equal(DeviceSubmitStatus.Full, queue.TrySubmit(9, out Fence refused));
        Assert.Equal(default, refused);
        Assert.Equal(3, queue.GetStatistics().Submitted);

        _driver.Started[0].Complete();
        Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(9, out _));
        Assert.True(fences[0].IsSignaled);
    }

    [Fact]
    public async Task Submitting_asynchronously_waits_for_room()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(capacity: 1, depth: 1));
        Submit(queue, 2);
        Task<Fence> waiting = queue.SubmitAsync(2).AsTask();
        Assert.False(waiting.IsCompleted);

        _driver.Started[0].Complete();

        Fence fence = await Limit.OnAsync(waiting);
        Assert.Equal(3ul, fence.Point);
    }

    [Fact]
    public async Task A_wait_for_room_can_be_canceled()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(capacity: 1, depth: 1));
        Submit(queue, 2);
        using CancellationTokenSource source = new();
        Task<Fence> waiting = queue.SubmitAsync(2, default, source.Token).AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Limit.OnAsync(waiting));
        Assert.Equal(2, queue.GetStatistics().Submitted);
    }

    [Fact]
    public void The_driver_is_given_no_more_than_its_depth_and_in_batches()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(depth: 6, batch: 4));
        FenceTimeline other = new("other");
        Fence gate = other.Issue();
        queue.TrySubmit(0, [gate], out _);
        Submit(queue, 9);
        Assert.Empty(_driver.Batches);

        other.Signal(gate);

        Assert.Equal([4, 2], _driver.Batches);
        _driver.Started[0].Complete();
        Assert.Equal([4, 2, 1], _driver.Batches);
    }

    [Fact]
    public void A_driver_may_report_inside_the_call_that_starts()
    {
        _driver.WhenStarted = command => command.Complete();
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(capacity: 4, depth: 1));

        Fence[] fences = Submit(queue, 100);

        Assert.All(fences, fence => Assert.Equal(FenceStatus.Signaled, fence.Status));
        Assert.Equal(Enumerable.Range(0, 100), _driver.Started.Select(command => command.Payload));
    }

    [Fact]
    public void A_callback_may_submit_to_the_queue_that_signals_it()
    {
        _driver.WhenStarted = command => command.Complete();
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        FenceTimeline other = new("other");
        Fence gate = other.Issue();
        queue.TrySubmit(0, [gate], out Fence first);
        Fence second = default;
        first.TryAddCallback(new RecordingCallback(() => queue.TrySubmit(1, out second)));

        other.Signal(gate);

        Assert.Equal(2ul, second.Point);
        Assert.True(second.IsSignaled);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { Capacity = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { Depth = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { BatchSize = DeviceQueueOptions.MaxSize + 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { MaxRanges = DeviceQueueOptions.MaxPerCommand + 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { HangTimeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { DrainTimeout = TimeSpan.FromDays(50) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(new() { Dispatch = (DeviceDispatch)7 }));
        Assert.Throws<ArgumentNullException>(() => new DeviceQueue<int>("queue", null!));
        Assert.Throws<ArgumentException>(() => new DeviceQueue<int>("", _driver));

        void Make(DeviceQueueOptions options) => _ = new DeviceQueue<int>("queue", _driver, options);
    }

    internal static Fence[] Submit(DeviceQueue<int> queue, int count)
    {
        Fence[] fences = new Fence[count];
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(i, out fences[i]));
        }

        return fences;
    }
}
