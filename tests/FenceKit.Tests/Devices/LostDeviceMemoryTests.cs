// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>What a lost device may still touch is refused and quarantined until its driver says that the device has stopped.</summary>
public class LostDeviceMemoryTests
{
    private static readonly NotSupportedException s_reason = new("pulled out");
    private readonly HandDriver _driver = new() { RangeOf = PageOf, WhenLost = static _ => throw new IOException("bus error") };
    private readonly InvalidationNotifier _notifier = new("memory");

    private static AddressRange PageOf(int page) => AddressRange.FromLength((ulong)page * 4096, 4096);

    private DeviceQueue<int> Make(HandDriver? driver = null, params ReadOnlySpan<int> running)
    {
        DeviceQueue<int> queue = new("queue", driver ?? _driver, HandDriver.Options());
        queue.Attach(_notifier, AddressRange.All);
        foreach (int page in running)
        {
            Assert.Equal(DeviceSubmitStatus.Submitted, queue.TrySubmit(page, out _));
        }

        return queue;
    }

    private static InvalidationOutcome Ask(InvalidationNotifier notifier, AddressRange range, out PendingInvalidation[] holders)
    {
        Assert.True(notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            InvalidationOutcome outcome = session.Wait(TimeSpan.Zero);
            holders = new PendingInvalidation[session.CopyPending([])];
            session.CopyPending(holders);
            if (outcome != InvalidationOutcome.Completed)
            {
                Assert.Throws<InvalidOperationException>(session.Commit);
            }

            return outcome;
        }
    }

    private void MustRefuse(AddressRange range)
    {
        Assert.Equal(InvalidationOutcome.Faulted, Ask(_notifier, range, out PendingInvalidation[] holders));
        PendingInvalidation holder = Assert.Single(holders);
        Assert.Equal("queue", holder.Name);
        Assert.True(Assert.IsType<DeviceLostException>(holder.Error).MayStillTouchMemory);
    }

    private void MustGive(AddressRange range) => Assert.Equal(InvalidationOutcome.Completed, Ask(_notifier, range, out _));

    private void MustLeave() => Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");

    [Fact]
    public void Every_later_session_over_a_range_of_a_device_that_could_not_be_stopped_is_refused_and_names_it()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession open));

        queue.Lose(s_reason);

        Assert.Equal(InvalidationOutcome.Faulted, open.Wait(Limit.Time));
        open.BackOff();
        MustRefuse(PageOf(1));
        MustRefuse(PageOf(1));
        MustRefuse(new AddressRange(4096 + 10, 4096 + 11));
        MustRefuse(new AddressRange(0, 4097));
        MustRefuse(AddressRange.All);
        Assert.True(queue.LostReason!.MayStillTouchMemory);
    }

    [Fact]
    public void A_range_that_no_running_command_uses_can_be_given_away()
    {
        Make(running: [1, 3]).Lose(s_reason);

        MustGive(PageOf(2));
        MustGive(new AddressRange(0, 4096));
        MustRefuse(PageOf(3));
    }

    [Fact]
    public void A_command_that_was_over_or_had_not_started_before_the_loss_holds_nothing()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(depth: 2));
        queue.Attach(_notifier, AddressRange.All);
        DeviceQueueTests.Submit(queue, 4);
        _driver.Started[0].Complete();

        queue.Lose(s_reason); // 1 and 2 are running, 3 waits

        MustGive(PageOf(0));
        MustRefuse(PageOf(1));
        MustRefuse(PageOf(2));
        MustGive(PageOf(3));
    }

    [Fact]
    public void What_is_quarantined_is_free_once_somebody_says_that_the_device_has_stopped()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        queue.Lose(s_reason);
        MustRefuse(PageOf(1));

        Assert.True(queue.ReportStopped());

        Assert.False(queue.ReportStopped(), "It was said before.");
        Assert.False(queue.LostReason!.MayStillTouchMemory);
        MustGive(PageOf(1));
        MustLeave();
    }

    [Fact]
    public void A_device_that_is_not_lost_cannot_be_said_to_have_stopped()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        Assert.False(queue.ReportStopped());
        Assert.Equal(InvalidationOutcome.Pending, Ask(_notifier, PageOf(1), out _));
        queue.Lose(s_reason);
        MustRefuse(PageOf(1));
    }

    [Fact]
    public void Somebody_may_say_that_the_device_has_stopped_before_its_driver_has_returned()
    {
        DeviceQueue<int>? queue = null;
        bool counted = false;
        HandDriver driver = new() { RangeOf = PageOf };
        driver.WhenLost = _ =>
        {
            counted = queue!.ReportStopped();
            throw new IOException("it has stopped, but something else went wrong");
        };
        queue = Make(driver, running: [1]);

        queue.Lose(s_reason);

        Assert.True(counted);
        MustGive(PageOf(1));
        MustLeave();
    }

    [Fact]
    public void A_driver_that_does_not_say_how_to_stop_has_not_said_that_the_device_has_stopped()
    {
        DeviceQueue<int> queue = new("queue", new SilentDriver(), HandDriver.Options());
        queue.Attach(_notifier, AddressRange.All);
        queue.TrySubmit(1, out Fence fence);

        queue.Lose(s_reason);

        Assert.Equal(FenceStatus.Faulted, fence.Status);
        MustRefuse(PageOf(1));
        Assert.True(queue.ReportStopped());
        MustGive(PageOf(1));
    }

    [Fact]
    public void A_lost_device_that_nothing_was_running_on_leaves_at_once()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        _driver.Started[0].Complete();
        queue.Lose(s_reason);
        MustLeave();
        Assert.False(queue.LostReason!.MayStillTouchMemory);
        Assert.False(queue.ReportStopped(), "There is nothing to free.");
    }

    [Fact]
    public void A_device_that_keeps_mappings_may_touch_everything_that_is_attached()
    {
        HandDriver driver = new() { RangeOf = PageOf, Keeps = true, WhenLost = static _ => throw new IOException() };
        DeviceQueue<int> queue = Make(driver);
        queue.Lose(s_reason);
        MustRefuse(PageOf(7));
        queue.ReportStopped();
        MustGive(PageOf(7));
    }

    [Fact]
    public void A_sweep_never_frees_what_is_quarantined_and_frees_it_when_the_device_has_stopped()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        queue.Lose(s_reason);
        Owner owner = new();
        ReclaimSweep sweep = new(_notifier, InvalidationReason.Discard, owner);

        ReclaimProgress first = sweep.Run([PageOf(1), PageOf(2)], Timeout.InfiniteTimeSpan);
        ReclaimProgress second = sweep.Run([], Timeout.InfiniteTimeSpan);

        Assert.Equal((1, 1, 1), (first.Reclaimed, first.Faulted, first.Remembered));
        Assert.Equal((0, 1, 1), (second.Reclaimed, second.Faulted, second.Remembered));
        Assert.Equal([PageOf(2)], owner.Freed);
        queue.ReportStopped();
        Assert.Equal(1, sweep.Run([], Timeout.InfiniteTimeSpan).Reclaimed);
        Assert.Equal([PageOf(2), PageOf(1)], owner.Freed);
    }

    [Fact]
    public void A_release_names_what_is_quarantined_and_so_does_every_later_one_until_the_device_has_stopped()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        queue.Lose(s_reason);

        QuarantinedMemory held = Assert.Single(_notifier.Release(TimeSpan.Zero));

        Assert.Equal("queue", held.Name);
        Assert.Same(queue.LostReason, held.Error);
        Assert.Equal([held], _notifier.Release(TimeSpan.Zero));
        _notifier.Dispose();
        Assert.Equal([held], _notifier.Release(TimeSpan.Zero));
        queue.ReportStopped();
        Assert.Empty(_notifier.Release(TimeSpan.Zero));
        MustLeave();
    }

    [Fact]
    public void A_notifier_that_is_released_before_the_loss_remembers_who_had_not_let_go()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        Assert.Single(_notifier.Release(TimeSpan.Zero));
        queue.Lose(s_reason);
        Assert.Single(_notifier.Release(TimeSpan.Zero));
        queue.ReportStopped();
        Assert.Empty(_notifier.Release(TimeSpan.Zero));
    }

    [Fact]
    public void An_owner_to_whom_faults_are_as_good_as_done_is_refused_too()
    {
        using InvalidationNotifier trusting = new("memory", new InvalidationNotifierOptions { FaultPolicy = InvalidationFaultPolicy.TreatAsQuiesced });
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        queue.Attach(trusting, AddressRange.All);
        queue.TrySubmit(1, out _);
        Assert.True(trusting.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession open));

        queue.Lose(s_reason);

        Assert.Equal(InvalidationOutcome.Faulted, open.Wait(Limit.Time));
        Assert.Equal(InvalidationOutcome.Faulted, Ask(trusting, PageOf(1), out PendingInvalidation[] holders));
        Assert.Equal("queue", Assert.Single(holders, static holder => holder.Subscription is not null).Name);
        queue.ReportStopped();
        Assert.Equal(InvalidationOutcome.Completed, open.TryWait());
        open.Commit();
    }

    [Fact]
    public void A_driver_of_a_lost_device_is_not_asked_how_to_let_go()
    {
        DeviceQueue<int> queue = new("queue", new RevokingDriver(), HandDriver.Options());
        queue.Attach(_notifier, AddressRange.All);
        queue.TrySubmit(1, out _);
        MustGive(PageOf(1));
        queue.Lose(s_reason);
        MustRefuse(PageOf(1));
    }

    [Fact]
    public async Task Disposing_the_queue_does_not_give_quarantined_memory_away()
    {
        DeviceQueue<int> queue = Make(running: [1]);
        queue.Lose(s_reason);

        await Limit.OnAsync(queue.DisposeAsync().AsTask());

        Assert.Equal(1, _driver.Closes);
        MustRefuse(PageOf(1));
        Assert.True(queue.ReportStopped());
        MustGive(PageOf(1));
        MustLeave();
    }

    [Fact]
    public async Task A_device_whose_driver_cannot_be_closed_is_lost()
    {
        HandDriver driver = new() { RangeOf = PageOf, Keeps = true, WhenClosed = static () => throw new IOException("bus error") };
        DeviceQueue<int> queue = Make(driver);
        await Limit.OnAsync(queue.DisposeAsync().AsTask());
        Assert.IsType<IOException>(queue.LostReason!.InnerException);
        MustRefuse(PageOf(1));
    }

    [Fact]
    public void A_loss_ends_every_command_and_the_counters_say_so()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(depth: 2));
        Fence[] fences = DeviceQueueTests.Submit(queue, 4);
        _driver.Started[0].Complete();
        queue.Lose(s_reason);

        Assert.False(_driver.Started[1].Complete());
        Assert.False(_driver.Started[2].Fail(s_reason));

        Assert.Equal(3, fences.Count(fence => fence.Status == FenceStatus.Faulted));
        DeviceQueueStatistics statistics = queue.GetStatistics();
        Assert.Equal((4, 4, 3), (statistics.Submitted, statistics.Retired, statistics.Faulted));
        Assert.Equal((0, 0, 2), (statistics.Queued, statistics.Running, statistics.StrayCompletions));
    }

    [Fact]
    public void A_report_between_the_loss_and_its_end_counts_as_late()
    {
        bool? counted = null;
        HandDriver driver = new() { RangeOf = PageOf };
        driver.WhenLost = _ => counted = driver.Started[0].Complete();
        DeviceQueue<int> queue = Make(driver, running: [1]);
        queue.Lose(s_reason);
        Assert.False(counted);
        Assert.Equal((1, 0, 1), (queue.GetStatistics().Faulted, queue.GetStatistics().Running, queue.GetStatistics().StrayCompletions));
    }

    [Fact]
    public void Each_of_several_devices_holds_what_it_may_touch_by_itself()
    {
        HandDriver other = new() { RangeOf = PageOf, WhenLost = static _ => throw new IOException() };
        DeviceQueue<int> queue = Make(running: [1]);
        DeviceQueue<int> second = new("second", other, HandDriver.Options());
        second.Attach(_notifier, AddressRange.All);
        second.TrySubmit(1, out _);
        queue.Lose(s_reason);
        second.Lose(s_reason);

        Assert.Equal(InvalidationOutcome.Faulted, Ask(_notifier, PageOf(1), out PendingInvalidation[] holders));
        Assert.Equal(["queue", "second"], holders.Select(holder => holder.Name));
        queue.ReportStopped();
        Assert.Equal(InvalidationOutcome.Faulted, Ask(_notifier, PageOf(1), out holders));
        Assert.Equal(["second"], holders.Select(holder => holder.Name));
        second.ReportStopped();
        MustGive(PageOf(1));
    }

    [Fact]
    public async Task A_device_says_for_all_of_its_queues_that_it_has_stopped()
    {
        await using Device device = new("GPU");
        foreach (string name in (string[])["compute", "copy"])
        {
            HandDriver driver = new() { RangeOf = PageOf, WhenLost = static _ => throw new IOException() };
            DeviceQueue<int> queue = device.AddQueue(name, driver, HandDriver.Options());
            queue.Attach(_notifier, AddressRange.All);
            queue.TrySubmit(1, out _);
        }

        device.Lose(s_reason);
        Ask(_notifier, PageOf(1), out PendingInvalidation[] holders);
        Assert.Equal(2, holders.Length);

        Assert.True(device.ReportStopped());
        Assert.False(device.ReportStopped());
        MustGive(PageOf(1));
    }

    private sealed class SilentDriver : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
        }

        public override int GetRanges(in int command, Span<AddressRange> ranges)
        {
            ranges[0] = PageOf(command);
            return 1;
        }
    }

    /// <summary>While all is well it can take a range away from a command that runs.</summary>
    private sealed class RevokingDriver : DeviceDriver<int>
    {
        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch)
        {
        }

        public override int GetRanges(in int command, Span<AddressRange> ranges)
        {
            ranges[0] = PageOf(command);
            return 1;
        }

        public override bool TrySchedule(in InvalidationRequest request, Fence drained, out Fence fence)
        {
            fence = default;
            return true;
        }
    }

    private sealed class Owner : IReclaimOwner
    {
        internal List<AddressRange> Freed { get; } = [];

        public void Park(AddressRange range)
        {
        }

        public void Free(AddressRange range) => Freed.Add(range);

        public void Restore(AddressRange range)
        {
        }
    }
}
