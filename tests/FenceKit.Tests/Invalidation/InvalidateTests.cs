// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>All three phases in one call.</summary>
public class InvalidateTests : NotifierTest
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    [Fact]
    public void Waiting_and_freeing_run_in_order_and_what_is_freed_nobody_uses()
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        List<string> order = [];
        device.WhenCalled = ContractReports.AskedFor("a subscriber allocates", () => order.Add("schedule"));

        InvalidationOutcome outcome = Notifier.Invalidate(
            Range(0, 10),
            Unmap,
            range =>
            {
                Assert.Equal(Range(0, 10), range);
                Assert.False(subscription.TryBeginRead(Range(0, 10), out _));
                Assert.False(device.Timeline.GetFence(1).IsSignaled);
                order.Add("wait");
                device.Finish();
            },
            range =>
            {
                Assert.Equal(Range(0, 10), range);
                Assert.True(device.Timeline.GetFence(1).IsSignaled);
                Assert.False(subscription.TryBeginRead(Range(0, 10), out _)); // nobody may come back before it is freed
                Assert.Equal(0, Notifier.GetStatistics().Committed);
                order.Add("free");
            });

        Assert.Equal(InvalidationOutcome.Completed, outcome);
        Assert.Equal(["schedule", "wait", "free"], order);
        Assert.Equal(1, Notifier.GetStatistics().Committed);
        Assert.True(subscription.TryBeginRead(Range(0, 10), out _));
    }

    [Fact]
    public void When_the_time_runs_out_it_backs_off_frees_nothing_and_names_who_was_in_the_way()
    {
        InvalidationSubscription stuck = Subscribe(0, 10, PendingDevice(), "stuck");
        int state = 0;
        InvalidationOutcome outcome = InvalidationOutcome.Completed;
        PendingInvalidation inTheWay = default;
        TestThread owner = TestThread.Start(() => outcome = Notifier.Invalidate(
            Range(0, 10), Unmap, 7, (seven, _) => state = seven, (_, _) => Assert.Fail("Freed"), s_tick, out inTheWay));
        Clock.UntilTimerIsSet();

        Clock.Advance(s_tick);
        owner.Join();

        Assert.Equal((InvalidationOutcome.Pending, 7), (outcome, state));
        Assert.Equal((stuck, s_tick), (inTheWay.Subscription, inTheWay.Held));
        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
    }

    [Fact]
    public void While_a_subscriber_refuses_it_tries_again()
    {
        FakeDevice device = new(DeviceAnswer.Refuse);
        device.WhenCalled = () => device.Answer = device.Calls < 5 ? DeviceAnswer.Refuse : DeviceAnswer.Done;
        Subscribe(0, 10, device);
        int freed = 0;

        Assert.Equal(InvalidationOutcome.Completed, Notifier.Invalidate(Range(0, 10), Unmap, whileWaiting: null, _ => freed++));

        Assert.Equal((5, 4L, 1), (device.Calls, Notifier.GetStatistics().Refused, freed));
    }

    [Fact]
    public void When_subscribers_refuse_until_the_time_is_over_no_step_runs()
    {
        FakeDevice device = new(DeviceAnswer.Refuse);
        device.WhenCalled = ContractReports.AskedFor("a subscriber advances the clock of the test", () => Clock.Advance(s_tick));
        Subscribe(0, 10, device);

        InvalidationOutcome outcome = Notifier.Invalidate(
            Range(0, 10), Unmap, 0, (_, _) => Assert.Fail("Unmapped"), (_, _) => Assert.Fail("Freed"), 3 * s_tick);

        Assert.Equal((InvalidationOutcome.Pending, 3), (outcome, device.Calls));
    }

    [Fact]
    public void A_fault_is_the_result_with_its_error_and_the_range_is_given_back()
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        InvalidOperationException error = new("I/O");

        InvalidationOutcome outcome = Notifier.Invalidate(
            Range(0, 10), Unmap, 0, (_, _) => device.Timeline.Signal(1, error), (_, _) => Assert.Fail("Freed"), s_tick, out PendingInvalidation inTheWay);

        Assert.Equal(InvalidationOutcome.Faulted, outcome);
        Assert.Same(error, inTheWay.Error);
        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
        Assert.True(subscription.TryBeginRead(Range(0, 10), out _));
    }

    [Fact]
    public void When_the_step_before_the_wait_throws_nothing_is_freed_and_it_backs_off()
    {
        Subscribe(0, 10, new FakeDevice());

        Assert.Throws<NotSupportedException>(() =>
        {
            Notifier.Invalidate(Range(0, 10), Unmap, _ => throw new NotSupportedException(), _ => Assert.Fail("Freed"));
        });

        Assert.Equal(1, Notifier.GetStatistics().BackedOff);
    }

    [Fact]
    public void When_freeing_throws_it_counts_as_freed_so_that_nobody_frees_it_again()
    {
        Subscribe(0, 10, new FakeDevice());
        InvalidationSession later = default;

        Assert.Throws<NotSupportedException>(() =>
        {
            Notifier.Invalidate(Range(0, 10), Unmap, _ => later = Schedule(0, 10), _ => throw new NotSupportedException());
        });

        Assert.Equal((1L, 0L), (Notifier.GetStatistics().Committed, Notifier.GetStatistics().BackedOff));
        Assert.Equal(InvalidationOutcome.Superseded, later.TryWait());
        later.BackOff();
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
            Notifier.Invalidate(
                Range(0, 10), Unmap, 0, (_, _) => unmapped++, (_, _) => Assert.Fail("Freed"), Timeout.InfiniteTimeSpan, cancellation.Token);
        });

        Assert.Equal(unmaps, unmapped);
        Assert.Equal(0, Notifier.ActiveSessions);
    }
}
