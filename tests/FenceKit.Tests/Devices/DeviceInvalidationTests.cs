// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

public class DeviceInvalidationTests
{
    private readonly HandDriver _driver = new() { RangeOf = PageOf };
    private readonly InvalidationNotifier _notifier = new("memory");

    private static AddressRange PageOf(int page) => AddressRange.FromLength((ulong)page * 4096, 4096);

    private DeviceQueue<int> Make(HandDriver? driver = null, int unmaps = 64)
    {
        DeviceQueue<int> queue = new("queue", driver ?? _driver, new DeviceQueueOptions
        {
            Dispatch = DeviceDispatch.Inline,
            MaxUnmaps = unmaps,
        });
        queue.Attach(_notifier, AddressRange.All);
        return queue;
    }

    [Fact]
    public void An_invalidation_waits_for_the_running_commands_that_use_the_range_and_for_no_others()
    {
        DeviceQueue<int> queue = Make();
        DeviceQueueTests.Submit(queue, 3);

        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        _driver.Started[0].Complete();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        _driver.Started[1].Complete();

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact]
    public void An_invalidation_of_memory_that_nothing_uses_is_over_at_once()
    {
        DeviceQueue<int> queue = Make();
        DeviceQueueTests.Submit(queue, 3);
        Assert.True(_notifier.TrySchedule(PageOf(7), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact]
    public void A_command_on_a_range_that_is_being_invalidated_starts_when_that_is_over()
    {
        DeviceQueue<int> queue = Make();
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        queue.TrySubmit(0, out _);
        queue.TrySubmit(1, out _);
        Assert.Equal(0, Assert.Single(_driver.Started).Payload);

        session.Commit();

        Assert.Equal([0, 1], _driver.Started.Select(command => command.Payload));
    }

    [Fact]
    public void A_command_waits_for_one_invalidation_after_the_other()
    {
        DeviceQueue<int> queue = Make();
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession first));
        queue.TrySubmit(1, out _);
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession second));
        first.BackOff();
        Assert.Empty(_driver.Started);
        second.BackOff();
        Assert.Single(_driver.Started);
    }

    [Fact]
    public void A_canceled_command_does_not_leave_the_next_one_waiting_for_its_range()
    {
        DeviceQueue<int> queue = Make();
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession first));
        Assert.True(_notifier.TrySchedule(PageOf(2), InvalidationReason.Unmap, out InvalidationSession second));
        queue.TrySubmit(1, out Fence canceled);
        queue.TrySubmit(2, out _);
        queue.TryCancel(canceled);
        Assert.True(canceled.IsSignaled);

        second.BackOff();

        Assert.Equal(2, Assert.Single(_driver.Started).Payload);
        first.BackOff();
    }

    [Fact]
    public void A_device_that_keeps_mappings_drops_them_after_its_commands_and_before_the_session_completes()
    {
        HandDriver driver = new() { RangeOf = PageOf, Keeps = true };
        DeviceQueue<int> queue = Make(driver);
        DeviceQueueTests.Submit(queue, 2);
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));
        driver.Started[0].Complete();
        Assert.Empty(driver.Unmapped);
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());

        driver.Started[1].Complete();

        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        Assert.Equal(PageOf(1), Assert.Single(driver.Unmapped));
        session.Commit();
    }

    [Fact]
    public void Mappings_of_memory_that_nothing_uses_now_are_dropped_too()
    {
        HandDriver driver = new() { RangeOf = PageOf, Keeps = true };
        _ = Make(driver);
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        Assert.Single(driver.Unmapped);
        session.Commit();
    }

    [Fact]
    public void When_too_many_mappings_wait_to_be_dropped_a_schedule_would_block()
    {
        HandDriver driver = new() { RangeOf = PageOf, Keeps = true };
        DeviceQueue<int> queue = Make(driver, unmaps: 1);
        DeviceQueueTests.Submit(queue, 2);
        Assert.True(_notifier.TrySchedule(PageOf(0), InvalidationReason.Unmap, out InvalidationSession session));
        Assert.False(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out _));
        driver.Started[0].Complete();
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(Limit.Time));
        session.Commit();
        Assert.True(_notifier.TrySchedule(PageOf(0), InvalidationReason.Unmap, out session));
        session.BackOff();
    }

    [Fact]
    public void A_session_that_waits_for_a_device_that_is_lost_does_not_complete_but_the_next_does()
    {
        DeviceQueue<int> queue = Make();
        DeviceQueueTests.Submit(queue, 2);
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));

        queue.Lose(new NotSupportedException());

        Assert.Equal(InvalidationOutcome.Faulted, session.Wait(Limit.Time));
        session.BackOff();
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out session));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact]
    public void An_attachment_that_is_disposed_holds_nothing_back()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        IDisposable attachment = queue.Attach(_notifier, AddressRange.All);
        attachment.Dispose();
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));
        queue.TrySubmit(1, out _);
        Assert.Single(_driver.Started);
        Assert.Equal(0, _notifier.GetStatistics().Subscriptions);
        session.BackOff();
    }
}
