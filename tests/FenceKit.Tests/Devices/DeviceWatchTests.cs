// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>What the watchdog of a queue finds, and what the driver may say to it.</summary>
public class DeviceWatchTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private readonly HandDriver _driver = new() { WhenReset = () => { } };
    private readonly ManualTimeProvider _clock = new();
    private readonly FenceTimeline _other = new("other");

    private DeviceQueue<int> Make(int depth = 64) => new("queue", _driver, HandDriver.Options(_clock, depth: depth));

    [Fact]
    public void A_driver_that_says_not_hung_is_left_alone_and_asked_again()
    {
        bool hangs = false;
        _driver.Hangs = _ => hangs;
        DeviceQueue<int> queue = Make();
        queue.TrySubmit(1, out Fence fence);

        _clock.Advance(20 * s_second);
        Assert.Equal([1], _driver.Asked);
        _clock.Advance(100 * s_second);
        Assert.True(_driver.Asked.Count >= 5, $"asked {_driver.Asked.Count} times");
        Assert.False(fence.IsSignaled);
        Assert.Equal(0, queue.GetStatistics().Resets);

        hangs = true;
        _clock.Advance(20 * s_second);
        Assert.Equal(fence, Assert.IsType<DeviceResetException>(fence.Error).Culprit);
    }

    [Fact]
    public void A_driver_may_end_a_late_command_by_itself_and_nothing_is_reset()
    {
        NotSupportedException error = new("stopped");
        _driver.Hangs = command => !command.Fail(error);
        DeviceQueue<int> queue = Make();
        Fence[] fences = DeviceQueueTests.Submit(queue, 2);

        _clock.Advance(20 * s_second);

        Assert.Same(error, fences[0].Error);
        Assert.False(fences[1].IsSignaled);
        Assert.Equal(0, queue.GetStatistics().Resets);
    }

    [Fact]
    public void A_command_has_a_limit_of_its_own_shorter_or_longer_than_that_of_the_queue()
    {
        _driver.LimitOf = payload => payload == 0 ? s_second : 60 * s_second;
        DeviceQueue<int> queue = Make(depth: 1);
        Fence[] fences = DeviceQueueTests.Submit(queue, 2);

        _clock.Advance(2 * s_second);
        Assert.IsType<DeviceResetException>(fences[0].Error);

        _clock.Advance(59 * s_second);
        Assert.False(fences[1].IsSignaled);
        _clock.Advance(70 * s_second);
        Assert.IsType<DeviceResetException>(fences[1].Error);
        Assert.Equal([0, 1], _driver.Asked);
    }

    [Fact]
    public void A_short_limit_counts_although_the_watchdog_waits_for_a_long_one()
    {
        _driver.LimitOf = payload => payload == 1 ? s_second : 10 * s_second;
        DeviceQueue<int> queue = Make();
        queue.TrySubmit(0, out _);
        _driver.Started[0].Complete();
        queue.TrySubmit(1, out Fence fence);

        _clock.Advance(2 * s_second);

        Assert.IsType<DeviceResetException>(fence.Error);
    }

    [Fact]
    public void A_command_without_a_limit_takes_as_long_as_it_takes()
    {
        _driver.LimitOf = _ => Timeout.InfiniteTimeSpan;
        DeviceQueue<int> queue = Make();
        queue.TrySubmit(1, out Fence fence);

        _clock.Advance(1000 * s_second);

        Assert.Empty(_driver.Asked);
        Assert.False(fence.IsSignaled);
    }

    [Fact]
    public void A_driver_whose_limit_is_none_is_told_so_and_nothing_was_submitted()
    {
        _driver.LimitOf = _ => TimeSpan.Zero;
        DeviceQueue<int> queue = Make();

        Assert.Throws<InvalidOperationException>(() => queue.TrySubmit(1, out _));

        Assert.Equal(0, queue.GetStatistics().Submitted);
    }

    [Fact]
    public void A_dependency_that_never_comes_fails_those_who_wait_for_it_and_the_queue_goes_on()
    {
        DeviceQueue<int> queue = new(
            "queue", _driver, new DeviceQueueOptions { Dispatch = DeviceDispatch.Inline, TimeProvider = _clock, RetainedFaults = 100 });
        Fence never = _other.Issue();
        Fence[] late = new Fence[100];
        for (int i = 0; i < late.Length; i++)
        {
            queue.TrySubmit(i, [never], out late[i]);
        }

        queue.TrySubmit(1000, out Fence behind);

        _clock.Advance(120 * s_second);

        Assert.All(late, fence => Assert.Contains(
            never.ToString(), Assert.IsType<FenceTimeoutException>(fence.Error!.InnerException).Message, StringComparison.Ordinal));
        Assert.Equal(1000, Assert.Single(_driver.Started).Payload);
        Assert.False(_other.IsWaitedFor(), "What no longer matters is not waited for.");
        _driver.Started[0].Complete();
        Assert.Equal(FenceStatus.Signaled, behind.Status);
        Assert.Equal(100, queue.GetStatistics().Faulted);
        _clock.Advance(120 * s_second);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public void A_dependency_has_its_whole_limit()
    {
        DeviceQueue<int> queue = Make();
        Fence slow = _other.Issue();
        queue.TrySubmit(1, [slow], out Fence fence);

        _clock.Advance(60 * s_second);
        Assert.False(fence.IsSignaled);
        _other.Signal(slow);

        Assert.Single(_driver.Started).Complete();
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }
}
