// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceDependencyTests
{
    private readonly HandDriver _driver = new();
    private readonly DeviceQueue<int> _queue;
    private readonly FenceTimeline _other = new("other");

    public DeviceDependencyTests() => _queue = new DeviceQueue<int>("queue", _driver, HandDriver.Options());

    [Fact]
    public void A_command_starts_when_the_last_of_its_dependencies_signals()
    {
        Fence a = _other.Issue();
        Fence b = _other.Issue();
        _queue.TrySubmit(1, [b, a, Fence.AlreadySignaled], out Fence fence);

        _other.Signal(a);
        Assert.Empty(_driver.Started);
        _other.Signal(b);

        Assert.Single(_driver.Started).Complete();
        Assert.Equal(FenceStatus.Signaled, fence.Status);
    }

    [Fact]
    public void Queues_can_wait_for_each_other_without_a_thread()
    {
        HandDriver second = new();
        DeviceQueue<int> consumer = new("consumer", second, HandDriver.Options());
        _queue.TrySubmit(1, out Fence produced);
        consumer.TrySubmit(2, [produced], out Fence consumed);
        _queue.TrySubmit(3, [consumed], out Fence last);

        Assert.Empty(second.Started);
        _driver.Started[0].Complete();
        Assert.Single(second.Started).Complete();
        _driver.Started[1].Complete();

        Assert.True(last.IsSignaled);
    }

    [Fact]
    public void Later_commands_stay_behind_a_command_that_waits()
    {
        Fence gate = _other.Issue();
        _queue.TrySubmit(1, [gate], out _);
        _queue.TrySubmit(2, out _);
        Assert.Empty(_driver.Started);

        _other.Signal(gate);

        Assert.Equal([1, 2], _driver.Started.Select(command => command.Payload));
    }

    [Fact]
    public void A_dependency_that_faults_fails_the_command_without_running_it_and_the_next_one_runs()
    {
        Fence gate = _other.Issue();
        FenceTimeline slow = new("slow");
        NotSupportedException error = new("broken");
        _queue.TrySubmit(1, [gate, slow.Issue()], out Fence failed);
        _queue.TrySubmit(2, out Fence next);

        _other.Signal(gate, error);

        Assert.Equal(2, Assert.Single(_driver.Started).Payload);
        Assert.Same(error, Assert.IsType<DeviceDependencyException>(failed.Error).InnerException);
        Assert.False(next.IsSignaled);
        Assert.False(slow.IsWaitedFor(), "What no longer matters is not waited for.");
    }

    [Fact]
    public void A_dependency_that_had_faulted_before_fails_the_command_too()
    {
        Fence gate = _other.Issue();
        _other.Signal(gate, new NotSupportedException());

        _queue.TrySubmit(1, [gate], out Fence failed);

        Assert.Empty(_driver.Started);
        Assert.IsType<DeviceDependencyException>(failed.Error);
    }

    [Fact]
    public void The_outcome_of_a_dependency_is_not_forgotten_while_a_command_waits_for_another()
    {
        FenceTimeline forgetful = new("forgetful", new FenceTimelineOptions { RetainedFaults = 1 });
        Fence bad = forgetful.Issue();
        Fence gate = _other.Issue();
        _queue.TrySubmit(0, [gate], out _);
        _queue.TrySubmit(1, [bad], out Fence failed);
        forgetful.Signal(bad, new NotSupportedException());
        forgetful.Signal(forgetful.Issue(), new InvalidOperationException());
        Assert.Equal(FenceStatus.Retired, bad.Status);

        _other.Signal(gate);
        _driver.Started[0].Complete();

        Assert.IsType<DeviceDependencyException>(failed.Error);
    }

    [Fact]
    public void A_dependency_whose_outcome_is_forgotten_may_have_failed_so_the_command_does_not_run()
    {
        using FencePool pool = new("decoder", 1, new FenceTimelineOptions { RetainedFaults = 1 });
        Assert.True(pool.TryRent(out FenceSource first));
        first.TrySignal(new NotSupportedException());
        Assert.True(pool.TryRent(out FenceSource second));
        second.TrySignal(new InvalidOperationException());
        Assert.Equal(FenceStatus.Retired, first.Fence.Status);

        _queue.TrySubmit(1, [first.Fence], out Fence failed);
        _queue.TrySubmit(2, out _);

        Assert.Equal(2, Assert.Single(_driver.Started).Payload);
        Assert.Contains("forgotten", Assert.IsType<DeviceDependencyException>(failed.Error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_commands_that_fail_one_after_the_other_have_one_size_and_name_the_cause_once()
    {
        const int Commands = 4_000;
        NotSupportedException cause = new("the first of them");
        _queue.TrySubmit(0, out Fence last);
        _driver.Started[0].Fail(cause);
        _queue.TrySubmit(1, [last], out last);
        long shortest = SizeOfNext(ref last);
        for (int i = 0; i < Commands - 3; i++)
        {
            _queue.TrySubmit(i, [last], out last);
        }

        Assert.Equal(shortest, SizeOfNext(ref last));

        DeviceDependencyException error = Assert.IsType<DeviceDependencyException>(last.Error);
        Assert.True(ReferenceEquals(cause, error.InnerException), "The error before is kept."); // printed, a chain of errors would take minutes
        Assert.Equal(Commands, error.Links);
        Assert.Equal(
            "A fence that the command depends on faulted, as the last of 4000 commands that failed for one cause: the first of them", error.Message);

        long SizeOfNext(ref Fence fence)
        {
            Fence before = fence;
            long start = GC.GetAllocatedBytesForCurrentThread();
            _queue.TrySubmit(0, [before], out fence);
            return GC.GetAllocatedBytesForCurrentThread() - start;
        }
    }

    [Fact]
    public void Devices_that_are_lost_for_each_other_name_the_cause_once()
    {
        IOException cause = new("unplugged");
        Exception reason = cause;
        for (int i = 0; i < 100; i++)
        {
            DeviceQueue<int> next = new("next", new HandDriver(), HandDriver.Options());
            next.TrySubmit(1, out Fence running);
            next.Lose(reason);
            DeviceQueue<int> dependent = new("dependent", new HandDriver(), HandDriver.Options());
            dependent.TrySubmit(2, [running], out Fence failed);
            Assert.IsType<DeviceLostException>(Assert.IsType<DeviceDependencyException>(failed.Error).InnerException);
            reason = failed.Error;
        }

        DeviceLostException lost = Assert.IsType<DeviceLostException>(reason.InnerException);
        Assert.Same(cause, lost.InnerException);
        Assert.Equal("The device behind the queue 'next' is lost, as the last of 199 devices and commands that failed for one cause: unplugged", lost.Message);
    }

    [Fact]
    public void More_dependencies_than_agreed_are_refused_before_anything_happens()
    {
        Assert.Throws<ArgumentException>(() => _queue.TrySubmit(1, new Fence[5], out _));
        Assert.Equal(0, _queue.GetStatistics().Submitted);
    }

    [Fact]
    public void A_canceled_command_takes_its_callbacks_back()
    {
        Fence gate = _other.Issue();
        _queue.TrySubmit(1, [gate], out Fence fence);

        Assert.Equal(DeviceCancelResult.Canceled, _queue.TryCancel(fence));

        Assert.False(_other.IsWaitedFor());
        Assert.IsType<OperationCanceledException>(fence.Error, exactMatch: false);
    }

    [Fact]
    public void A_slot_serves_again_after_a_dependency_was_canceled_many_times()
    {
        for (int i = 0; i < 2_000; i++)
        {
            Fence gate = _other.Issue();
            _queue.TrySubmit(i, [gate], out Fence fence);
            _queue.TryCancel(fence);
            Assert.True(fence.IsSignaled);
            _other.Signal(gate);
        }

        Assert.Empty(_driver.Started);
        TimelineProbe.AssertQuiet(_other);
    }
}
