// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>An attachment that is disposed goes when nothing that was submitted before uses its range any more.</summary>
public class DetachingTests
{
    private readonly HandDriver _driver = new() { RangeOf = PageOf };
    private readonly InvalidationNotifier _notifier = new("memory");

    private static AddressRange PageOf(int page) => AddressRange.FromLength((ulong)page * 4096, 4096);

    private InvalidationOutcome Ask(int page)
    {
        Assert.True(_notifier.TrySchedule(PageOf(page), InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            return session.TryWait();
        }
    }

    /// <summary>Unsubscribing is queued to the pool: what was queued before this call has begun when it returns, and was most likely done.</summary>
    private static void LetThePoolDoWhatIsQueued()
    {
        for (int turn = 0; turn < 20; turn++)
        {
            using ManualResetEventSlim done = new();
            ThreadPool.UnsafeQueueUserWorkItem(static done => done.Set(), done, preferLocal: false);
            Limit.On(done);
        }
    }

    private void MustLeave() => Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");

    [Fact]
    public void A_running_command_keeps_the_range_of_an_attachment_that_is_disposed()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        IDisposable attachment = queue.Attach(_notifier, AddressRange.All);
        queue.TrySubmit(1, out _);

        attachment.Dispose();
        attachment.Dispose();

        Assert.Equal(InvalidationOutcome.Pending, Ask(1));
        Assert.Equal(InvalidationOutcome.Completed, Ask(2));
        _driver.Started[0].Complete();
        MustLeave();
        Assert.Equal(InvalidationOutcome.Completed, Ask(1));
    }

    [Fact]
    public void A_command_that_was_submitted_before_still_waits_for_sessions_of_its_range()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(depth: 1));
        IDisposable attachment = queue.Attach(_notifier, AddressRange.All);
        DeviceQueueTests.Submit(queue, 2);
        attachment.Dispose();
        Assert.True(_notifier.TrySchedule(PageOf(1), InvalidationReason.Unmap, out InvalidationSession session));

        _driver.Started[0].Complete();

        Assert.Single(_driver.Started);
        session.BackOff();
        Assert.Equal(2, _driver.Started.Count);
        Assert.Equal(InvalidationOutcome.Pending, Ask(1));
        _driver.Started[1].Complete();
        MustLeave();
    }

    [Fact]
    public void A_command_of_another_range_holds_no_attachment()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        IDisposable attachment = queue.Attach(_notifier, PageOf(1));
        queue.TrySubmit(2, out _);
        attachment.Dispose();
        Assert.Equal(0, _notifier.GetStatistics().Subscriptions);
    }

    [Fact]
    public void A_canceled_command_holds_no_attachment()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options(depth: 1));
        IDisposable attachment = queue.Attach(_notifier, PageOf(1));
        Fence[] fences = DeviceQueueTests.Submit(queue, 2);
        attachment.Dispose();
        Assert.Equal(1, _notifier.GetStatistics().Subscriptions);

        queue.TryCancel(fences[1]);

        MustLeave();
        Assert.Equal(FenceStatus.Pending, fences[0].Status);
    }

    [Fact]
    public void Mappings_of_the_range_are_dropped_before_the_attachment_goes()
    {
        HandDriver driver = new() { RangeOf = PageOf, Keeps = true };
        DeviceQueue<int> queue = new("queue", driver, HandDriver.Options());
        IDisposable attachment = queue.Attach(_notifier, PageOf(1));
        queue.TrySubmit(1, out _);
        attachment.Dispose();
        Assert.Empty(driver.Unmapped);
        Assert.Equal(InvalidationOutcome.Pending, Ask(1));

        driver.Started[0].Complete();

        MustLeave();
        Assert.Contains(PageOf(1), driver.Unmapped);
        queue.Attach(_notifier, PageOf(1)).Dispose();
        MustLeave();
    }

    [Fact]
    public void A_range_that_is_attached_anew_while_it_is_left_is_held_by_both()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        IDisposable first = queue.Attach(_notifier, PageOf(1));
        queue.TrySubmit(1, out _);
        first.Dispose();
        using IDisposable second = queue.Attach(_notifier, PageOf(1));
        Assert.Equal(InvalidationOutcome.Pending, Ask(1));

        _driver.Started[0].Complete();

        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 1, "Unsubscribing");
        Assert.Equal(InvalidationOutcome.Completed, Ask(1));
        queue.TrySubmit(1, out _);
        Assert.Equal(InvalidationOutcome.Pending, Ask(1));
    }

    [Fact]
    public void An_attachment_whose_mappings_are_dropped_as_the_device_is_lost_stays_until_it_has_stopped()
    {
        DeviceQueue<int>? queue = null;
        HandDriver driver = new()
        {
            RangeOf = PageOf,
            Keeps = true,
            WhenLost = static _ => throw new IOException(),
            WhenUnmapped = () => queue!.Lose(new IOException("unplugged")),
        };
        queue = new DeviceQueue<int>("queue", driver, HandDriver.Options());
        IDisposable attachment = queue.Attach(_notifier, PageOf(1));

        attachment.Dispose();

        Limit.Until(() => !driver.Unmapped.IsEmpty && driver.Losses == 1, "The loss");
        LetThePoolDoWhatIsQueued();
        Assert.Equal(1, _notifier.GetStatistics().Subscriptions);
        Assert.NotEqual(InvalidationOutcome.Completed, Ask(1)); // who knows what the device still has mapped
        Assert.True(queue.ReportStopped());
        MustLeave();
    }

    [Fact]
    public void An_attachment_that_is_disposed_before_or_after_the_loss_stays_until_the_device_has_stopped()
    {
        HandDriver driver = new() { RangeOf = PageOf, WhenLost = static _ => throw new IOException() };
        DeviceQueue<int> queue = new("queue", driver, HandDriver.Options());
        IDisposable first = queue.Attach(_notifier, AddressRange.All);
        IDisposable second = queue.Attach(_notifier, AddressRange.All);
        IDisposable elsewhere = queue.Attach(_notifier, PageOf(9));
        queue.TrySubmit(1, out _);
        first.Dispose();

        queue.Lose(new IOException("unplugged"));
        second.Dispose();
        elsewhere.Dispose();

        Assert.Equal(2, _notifier.GetStatistics().Subscriptions);
        Assert.Equal(InvalidationOutcome.Faulted, Ask(1));
        Assert.Throws<DeviceLostException>(() => queue.Attach(_notifier, AddressRange.All));
        Assert.Equal(InvalidationOutcome.Faulted, Ask(1));
        queue.ReportStopped();
        MustLeave();
        Assert.Equal(InvalidationOutcome.Completed, Ask(1));
    }

    [Fact]
    public async Task Disposing_the_queue_lets_attachments_that_are_leaving_go()
    {
        DeviceQueue<int> queue = new("queue", _driver, HandDriver.Options());
        IDisposable attachment = queue.Attach(_notifier, AddressRange.All);
        queue.TrySubmit(1, out _);
        attachment.Dispose();
        Task disposed = queue.DisposeAsync().AsTask();
        Assert.Equal(InvalidationOutcome.Pending, Ask(1));
        _driver.Started[0].Complete();
        await Limit.OnAsync(disposed);
        MustLeave();
    }
}
