// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceEndTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private readonly HandDriver _driver = new();
    private readonly ManualTimeProvider _clock = new();

    private DeviceQueue<int> Make(int depth = 2) => new("queue", _driver, HandDriver.Options(_clock, depth: depth));

    [Fact]
    public void A_command_that_hangs_is_reset_and_those_that_wait_go_on()
    {
        _driver.WhenReset = () => { };
        DeviceQueue<int> queue = Make();
        Fence[] fences = DeviceQueueTests.Submit(queue, 3);

        _clock.Advance(20 * s_second);

        DeviceResetException error = Assert.IsType<DeviceResetException>(fences[0].Error);
        Assert.Equal(fences[0], error.Culprit);
        Assert.Same(error, fences[1].Error);
        Assert.False(fences[2].IsSignaled);
        Assert.Equal(2, _driver.Started[2].Payload);
        Assert.False(_driver.Started[0].Complete(), "What was running before the reset is over.");
        _driver.Started[2].Complete();
        Assert.Equal(FenceStatus.Signaled, fences[2].Status);
        Assert.Equal(1, queue.GetStatistics().Resets);
    }

    [Fact]
    public void A_device_that_makes_progress_is_left_alone_however_long_it_runs()
    {
        DeviceQueue<int> queue = Make(depth: 1);
        Fence[] fences = DeviceQueueTests.Submit(queue, 20);
        for (int i = 0; i < 20; i++)
        {
            _clock.Advance(9 * s_second);
            _driver.Started[i].Complete();
        }

        Assert.All(fences, fence => Assert.Equal(FenceStatus.Signaled, fence.Status));
    }

    [Fact]
    public void The_watchdog_of_an_idle_queue_sleeps()
    {
        DeviceQueue<int> queue = Make();
        Assert.Equal(0, _clock.ActiveTimers);
        DeviceQueueTests.Submit(queue, 1);
        Assert.Equal(1, _clock.ActiveTimers);
        _driver.Started[0].Complete();
        _clock.Advance(20 * s_second);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public void A_device_that_hangs_and_cannot_be_reset_is_lost()
    {
        DeviceQueue<int> queue = Make();
        Fence[] fences = DeviceQueueTests.Submit(queue, 3);

        _clock.Advance(20 * s_second);

        Assert.All(fences, fence => Assert.IsType<DeviceLostException>(fence.Error));
        Assert.Equal(DeviceSubmitStatus.Lost, queue.TrySubmit(1, out _));
        Assert.Equal(1, _driver.Losses);
    }

    [Fact]
    public async Task Losing_the_device_faults_everything_and_leaves_no_callback_and_no_subscription()
    {
        FenceTimeline other = new("other");
        using InvalidationNotifier notifier = new("memory");
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(_clock, capacity: 2, depth: 1));
        queue.Attach(notifier, AddressRange.All);
        queue.TrySubmit(0, out Fence running);
        queue.TrySubmit(1, [other.Issue()], out Fence waiting);
        queue.TrySubmit(2, out Fence behind);
        Task<Fence> outside = queue.SubmitAsync(3).AsTask();
        NotSupportedException reason = new("unplugged");

        Assert.True(queue.Lose(reason));
        Assert.False(queue.Lose(reason));

        Assert.All([running, waiting, behind], fence => Assert.Same(queue.LostReason, fence.Error));
        Assert.Same(reason, queue.LostReason!.InnerException);
        Assert.False(other.IsWaitedFor());
        await Assert.ThrowsAsync<DeviceLostException>(() => Limit.OnAsync(outside));
        Limit.Until(() => notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
        Assert.Equal(1, _driver.Losses);
        Assert.False(_driver.Started[0].Complete() && running.Status == FenceStatus.Signaled);
    }

    [Fact]
    public void A_driver_that_throws_loses_its_device()
    {
        _driver.WhenStarted = _ => throw new NotSupportedException("driver");
        DeviceQueue<int> queue = Make();

        queue.TrySubmit(1, out Fence fence);

        Assert.IsType<NotSupportedException>(Assert.IsType<DeviceLostException>(fence.Error).InnerException);
    }

    [Fact]
    public void A_driver_that_does_not_return_cannot_keep_the_fences()
    {
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        _driver.WhenStarted = _ =>
        {
            entered.Set();
            Limit.On(leave);
        };
        DeviceQueue<int> queue = new("queue", _driver, new DeviceQueueOptions { TimeProvider = _clock });
        queue.TrySubmit(1, out Fence fence);
        Limit.On(entered);
        _clock.UntilTimerIsSet();

        _clock.Advance(20 * s_second);

        Assert.IsType<TimeoutException>(Assert.IsType<DeviceLostException>(fence.Error).InnerException);
        Limit.On(queue.DisposeAsync().AsTask());
        leave.Set();
    }

    [Fact]
    public void A_reset_on_demand_faults_what_runs()
    {
        _driver.WhenReset = () => { };
        DeviceQueue<int> queue = Make(depth: 1);
        Fence[] fences = DeviceQueueTests.Submit(queue, 2);

        Assert.True(queue.TryReset());

        Assert.IsType<DeviceResetException>(fences[0].Error);
        Assert.False(fences[1].IsSignaled);
    }

    [Fact]
    public async Task Draining_waits_for_what_was_submitted_before()
    {
        DeviceQueue<int> queue = Make();
        Assert.True(await queue.DrainAsync(s_second));
        DeviceQueueTests.Submit(queue, 1);
        Task<bool> drained = queue.DrainAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(drained.IsCompleted);
        Assert.False(await queue.DrainAsync(TimeSpan.Zero));

        DeviceQueueTests.Submit(queue, 1);
        _driver.Started[0].Complete();

        Assert.True(await Limit.OnAsync(drained));
        Assert.Equal(1, queue.GetStatistics().Running);
    }

    [Fact]
    public async Task Disposing_lets_finish_what_was_accepted_then_closes_the_driver_and_unsubscribes()
    {
        using InvalidationNotifier notifier = new("memory");
        DeviceQueue<int> queue = Make(depth: 1);
        queue.Attach(notifier, AddressRange.All);
        Fence[] fences = DeviceQueueTests.Submit(queue, 2);

        Task disposed = queue.DisposeAsync().AsTask();
        Task again = queue.DisposeAsync().AsTask();
        Assert.Equal(DeviceSubmitStatus.Closed, queue.TrySubmit(9, out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await queue.SubmitAsync(9));
        Assert.False(disposed.IsCompleted);
        Assert.Equal(0, _driver.Closes);
        _driver.Started[0].Complete();
        _driver.Started[1].Complete();

        await Limit.OnAsync(disposed);
        await Limit.OnAsync(again);
        Assert.All(fences, fence => Assert.Equal(FenceStatus.Signaled, fence.Status));
        Assert.Equal(1, _driver.Closes);
        Assert.Equal(0, _driver.Losses);
        Assert.Equal(0, notifier.GetStatistics().Subscriptions);
        Assert.Throws<ObjectDisposedException>(() => queue.Attach(notifier, AddressRange.All));
    }

    [Fact]
    public async Task Disposing_a_device_that_does_not_finish_loses_it()
    {
        DeviceQueue<int> queue = new("queue", _driver, new DeviceQueueOptions
        {
            Dispatch = DeviceDispatch.Inline,
            TimeProvider = _clock,
            HangTimeout = Timeout.InfiniteTimeSpan,
            DrainTimeout = s_second,
        });
        Fence[] fences = DeviceQueueTests.Submit(queue, 1);
        Task disposed = queue.DisposeAsync().AsTask();
        _clock.UntilTimerIsSet();

        _clock.Advance(s_second);

        await Limit.OnAsync(disposed);
        Assert.IsType<DeviceLostException>(fences[0].Error);
        Assert.Equal(1, _driver.Closes);
    }

    [Fact]
    public async Task A_lost_device_can_be_disposed_and_closes_its_driver_once()
    {
        DeviceQueue<int> queue = Make();
        DeviceQueueTests.Submit(queue, 1);
        queue.Lose(new NotSupportedException());
        await Limit.OnAsync(queue.DisposeAsync().AsTask());
        await Limit.OnAsync(queue.DisposeAsync().AsTask());
        Assert.Equal(1, _driver.Closes);
    }
}
