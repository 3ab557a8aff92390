// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Drivers that do not come back: the fences end, the memory stays in quarantine until they do come back with the right news.</summary>
public class StuckDriverMemoryTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly AddressRange s_page = new(4096, 8192);
    private readonly InvalidationNotifier _notifier = new("memory");
    private readonly ManualTimeProvider _clock = new();
    private readonly ManualResetEventSlim _entered = new();
    private readonly ManualResetEventSlim _leave = new();

    private void Stick()
    {
        _entered.Set();
        Limit.On(_leave);
    }

    private DeviceQueue<int> Make(HandDriver driver)
    {
        driver.RangeOf = static _ => s_page;
        DeviceQueue<int> queue = new("queue", driver, new DeviceQueueOptions { TimeProvider = _clock });
        queue.Attach(_notifier, AddressRange.All);
        return queue;
    }

    private InvalidationOutcome Ask()
    {
        Assert.True(_notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        using (session)
        {
            return session.TryWait();
        }
    }

    private void LosePatience()
    {
        Limit.On(_entered);
        _clock.UntilTimerIsSet();
        _clock.Advance(s_patience);
    }

    [Fact]
    public async Task A_driver_that_is_stuck_in_start_keeps_its_range_until_it_has_come_back_and_stopped_the_device()
    {
        HandDriver driver = new() { WhenStarted = _ => Stick() };
        DeviceQueue<int> queue = Make(driver);
        queue.TrySubmit(1, out Fence fence);
        LosePatience();
        Assert.Equal(FenceStatus.Faulted, fence.Status);
        Assert.Equal(InvalidationOutcome.Faulted, Ask());
        await Limit.OnAsync(queue.DisposeAsync().AsTask());
        Assert.Equal(InvalidationOutcome.Faulted, Ask());
        Assert.Equal((0, 1), (queue.GetStatistics().Running, queue.GetStatistics().Faulted));

        _leave.Set(); // the pump goes on: OnLost returns, and says by it that the device has stopped

        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
        Assert.Equal(InvalidationOutcome.Completed, Ask());
        Assert.Equal(1, driver.Losses);
        Assert.False(queue.ReportStopped());
    }

    [Fact]
    public void A_driver_that_is_stuck_while_it_stops_the_device_keeps_the_range_until_it_returns()
    {
        HandDriver driver = new() { WhenLost = _ => Stick() };
        DeviceQueue<int> queue = Make(driver);
        queue.TrySubmit(1, out Fence fence);
        Limit.Until(() => driver.Started.Count == 1, "The start");
        queue.Lose(new IOException("unplugged"));
        LosePatience();
        Assert.Equal(FenceStatus.Faulted, fence.Status);
        Assert.Equal(InvalidationOutcome.Faulted, Ask());

        _leave.Set();

        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
        Assert.Equal(InvalidationOutcome.Completed, Ask());
    }

    [Fact]
    public void A_reset_that_succeeds_when_the_device_was_given_up_frees_what_it_used()
    {
        HandDriver driver = new() { WhenReset = Stick, WhenLost = static _ => throw new IOException("bus error") };
        DeviceQueue<int> queue = Make(driver);
        queue.TrySubmit(1, out Fence fence);
        Limit.Until(() => driver.Started.Count == 1, "The start");
        queue.TryReset();
        LosePatience();
        Assert.IsType<DeviceLostException>(fence.Error);
        Assert.Equal(InvalidationOutcome.Faulted, Ask());

        _leave.Set();

        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
        Assert.Equal(InvalidationOutcome.Completed, Ask());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_driver_that_is_stuck_while_it_closes_holds_nothing_up_and_loses_the_device(bool keepsMappings)
    {
        HandDriver driver = new() { WhenClosed = Stick, Keeps = keepsMappings };
        DeviceQueue<int> queue = Make(driver);
        Task disposed = queue.DisposeAsync().AsTask();
        LosePatience();
        await Limit.OnAsync(disposed);
        Assert.IsType<TimeoutException>(queue.LostReason!.InnerException);
        Assert.Equal(keepsMappings ? InvalidationOutcome.Faulted : InvalidationOutcome.Completed, Ask());
        _leave.Set();
        Limit.Until(() => _notifier.GetStatistics().Subscriptions == 0, "Unsubscribing");
        Assert.Equal(0, driver.Losses);
    }
}
