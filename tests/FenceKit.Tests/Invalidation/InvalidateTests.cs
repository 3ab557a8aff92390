// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>All three phases in one call.</summary>
public class InvalidateTests : NotifierTest
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    [Fact]
    public void Unmap_runs_after_the_schedule_and_before_the_wait_and_the_result_is_complete()
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        List<string> order = [];
        device.WhenCalled = ContractReports.AskedFor("a subscriber allocates", () => order.Add("schedule"));

        InvalidationOutcome outcome = Notifier.Invalidate(Range(0, 10), Unmap, range =>
        {
            Assert.Equal(Range(0, 10), range);
            Assert.False(subscription.TryBeginRead(Range(0, 10), out _));
            order.Add("unmap");
            device.Finish();
        });

        Assert.Equal(InvalidationOutcome.Completed, outcome);
        Assert.Equal(["schedule", "unmap"], order);
        Assert.Equal(1, Notifier.GetStatistics().Committed);
        Assert.True(subscription.TryBeginRead(Range(0, 10), out _));
    }

    [Fact]
    public void When_the_time_runs_out_it_backs_off_and_says_pending()
    {
        Subscribe(0, 10, PendingDevice());
        int unmapped = 0;
        InvalidationOutcome outcome = InvalidationOutcome.Completed;
        TestThread owner = TestThread.Start(
            () => outcome = Notifier.Invalidate(Range(0, 10), Unmap, 7, (state, _) => unmapped = state, s_tick));
        Clock.UntilTimerIsSet();

        Clock.Advance(s_tick);
        owner.Join();

        Assert.Equal((InvalidationOutcome.Pending, 7), (outcome, unmapped));
        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
    }

    [Fact]
    public void While_a_subscriber_refuses_it_tries_again()
    {
        FakeDevice device = new(DeviceAnswer.Refuse);
        device.WhenCalled = () => device.Answer = device.Calls < 5 ? DeviceAnswer.Refuse : DeviceAnswer.Done;
        Subscribe(0, 10, device);

        Assert.Equal(InvalidationOutcome.Completed, Notifier.Invalidate(Range(0, 10), Unmap, _ => { }));

        Assert.Equal((5, 4L), (device.Calls, Notifier.GetStatistics().Refused));
    }

    [Fact]
    public void When_subscribers_refuse_until_the_time_is_over_nothing_is_unmapped()
    {
        FakeDevice device = new(DeviceAnswer.Refuse);
        device.WhenCalled = ContractReports.AskedFor("a subscriber advances the clock of the test", () => Clock.Advance(s_tick));
        Subscribe(0, 10, device);

        InvalidationOutcome outcome = Notifier.Invalidate(Range(0, 10), Unmap, 0, (_, _) => Assert.Fail("Unmapped"), 3 * s_tick);

        Assert.Equal((InvalidationOutcome.Pending, 3), (outcome, device.Calls));
    }

    [Fact]
    public void A_fault_is_the_result_and_the_range_is_given_back()
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Subscribe(0, 10, device);

        InvalidationOutcome outcome = Notifier.Invalidate(
            Range(0, 10), Unmap, _ => device.Timeline.Signal(1, new InvalidOperationException()));

        Assert.Equal(InvalidationOutcome.Faulted, outcome);
        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
        Assert.True(subscription.TryBeginRead(Range(0, 10), out _));
    }

    [Fact]
    public void An_unmap_that_throws_backs_off_and_throws()
    {
        Subscribe(0, 10, new FakeDevice());

        Assert.Throws<NotSupportedException>(() => { Notifier.Invalidate(Range(0, 10), Unmap, _ => throw new NotSupportedException()); });

        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Canceling_ends_it_with_the_range_given_back(bool refuses, int unmaps)
    {
        using CancellationTokenSource cancellation = new();
        FakeDevice device = new(refuses ? DeviceAnswer.Refuse : DeviceAnswer.Pending) { WhenCalled = cancellation.Cancel };
        Subscribe(0, 10, device);
        int unmapped = 0;

        Assert.Throws<OperationCanceledException>(() =>
        {
            Notifier.Invalidate(Range(0, 10), Unmap, 0, (_, _) => unmapped++, Timeout.InfiniteTimeSpan, cancellation.Token);
        });

        Assert.Equal(unmaps, unmapped);
        Assert.Equal(0, Notifier.ActiveSessions);
    }
}
