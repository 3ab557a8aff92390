// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Subscribing and unsubscribing while sessions run.</summary>
public class RegistrationTests : NotifierTest
{
    [Fact] // Scenario 65: the running session does not call it, and its first reader waits.
    public void A_subscriber_that_comes_during_a_session_is_not_called_by_it_and_its_readers_wait_for_its_end()
    {
        FakeDevice device = new();
        InvalidationSession session = Schedule(0, 10);

        InvalidationSubscription subscription = Subscribe(5, 20, device);

        Assert.False(subscription.TryBeginRead(Range(5, 6), out _));
        Assert.True(subscription.TryBeginRead(Range(10, 20), out _));
        session.Commit();
        Assert.Equal(0, device.Calls);
        Assert.True(subscription.TryBeginRead(Range(5, 6), out _));
        using InvalidationSession next = Schedule(0, 10);
        Assert.Equal(1, device.Calls);
    }

    [Fact] // Scenario 67.
    public void A_subscriber_that_comes_and_goes_during_a_session_is_never_called()
    {
        FakeDevice device = new();
        InvalidationSession session = Schedule(0, 10);
        Subscribe(0, 10, device).Dispose();
        session.Commit();

        Schedule(0, 10).Commit();

        Assert.Equal(0, device.Calls);
        Assert.Equal(0, Notifier.GetStatistics().Subscriptions);
    }

    [Fact] // Scenario 68.
    public void Unsubscribing_returns_only_when_the_callback_on_another_thread_is_over()
    {
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        bool left = false;
        FakeDevice device = new()
        {
            WhenCalled = ContractReports.AskedFor("a subscriber waits, and allocates for it", () =>
            {
                entered.Set();
                Limit.On(leave);
                Volatile.Write(ref left, true);
            }),
        };
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        TestThread scheduler = TestThread.Start(() => Schedule(0, 10).Commit());
        Limit.On(entered);
        bool leftBefore = false;
        using ManualResetEventSlim disposing = new();
        TestThread disposer = TestThread.Start(() =>
        {
            disposing.Set();
            subscription.Dispose();
            leftBefore = Volatile.Read(ref left);
        });
        Limit.On(disposing);
        Limit.Until(() => Notifier.GetStatistics().Subscriptions == 0, "Taking the subscription out");

        leave.Set();
        disposer.Join();
        scheduler.Join();

        Assert.True(leftBefore, "The callback was over when Dispose returned.");
        Schedule(0, 10).Commit();
        Assert.Equal(1, device.Calls);
    }

    [Fact]
    public void Unsubscribing_does_not_wait_for_sessions_that_are_past_their_callbacks()
    {
        FakeDevice device = new(DeviceAnswer.Pending);
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        InvalidationSession session = Schedule(0, 10);

        subscription.Dispose();

        // Its fence still counts.
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        device.Finish();
        session.Commit();
    }

    [Fact] // Scenarios 29 and 71.
    public void Unsubscribing_from_inside_a_callback_is_an_error_and_changes_nothing()
    {
        InvalidationSubscription? own = null;
        InvalidationSubscription other = Subscribe(100, 110, new FakeDevice());
        List<InvalidOperationException> errors = [];
        FakeDevice device = new()
        {
            WhenCalled = ContractReports.AskedFor("a subscriber unsubscribes", () =>
            {
                errors.Add(Assert.Throws<InvalidOperationException>(own!.Dispose));
                errors.Add(Assert.Throws<InvalidOperationException>(other.Dispose));
            }),
        };
        own = Subscribe(0, 10, device, "own");

        TestThread.Run(() => Schedule(0, 10).Commit());

        Assert.Equal(2, errors.Count);
        Assert.Contains("'own'", errors[0].Message, StringComparison.Ordinal);
        Assert.Equal(2, Notifier.GetStatistics().Subscriptions);
        own.Dispose();
        other.Dispose();
        Assert.Equal(0, Notifier.GetStatistics().Subscriptions);
    }

    [Fact]
    public void A_callback_may_unsubscribe_from_another_notifier()
    {
        using InvalidationNotifier elsewhere = new("elsewhere");
        InvalidationSubscription other = elsewhere.Subscribe(Range(0, 10), new FakeDevice(), "other");
        Subscribe(0, 10, new FakeDevice { WhenCalled = other.Dispose });

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, elsewhere.GetStatistics().Subscriptions);
    }

    [Fact] // Scenario 72.
    public void Unsubscribing_twice_does_nothing_the_second_time()
    {
        InvalidationSubscription first = Subscribe(0, 10, new FakeDevice());
        FakeDevice device = new();
        Subscribe(0, 10, device);

        first.Dispose();
        first.Dispose();

        Assert.Equal(1, Notifier.GetStatistics().Subscriptions);
        using InvalidationSession session = Schedule(0, 10);
        Assert.Equal(1, device.Calls);
    }

    [Fact]
    public void A_disposed_subscription_reads_and_publishes_nothing()
    {
        InvalidationSubscription subscription = Subscribe(0, 10, new FakeDevice());
        subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);
        subscription.Dispose();

        Assert.Throws<ObjectDisposedException>(() => subscription.TryBeginRead(Range(0, 10), out _));
        Assert.Throws<ObjectDisposedException>(() => subscription.BeginRead(Range(0, 10), TimeSpan.Zero, out _));
        Assert.Throws<ObjectDisposedException>(StartReading);
        Assert.True(subscription.MustRetry(sequence));
        Assert.False(subscription.TryPopulate(sequence, out _));
        Assert.Equal(Range(0, 10), subscription.Range);

        void StartReading() => subscription.BeginReadAsync(Range(0, 10), TimeSpan.Zero).AsTask();
    }

    [Fact]
    public void A_reader_that_waits_while_its_subscription_is_disposed_is_told_so()
    {
        InvalidationSubscription subscription = Subscribe(0, 10, new FakeDevice());
        InvalidationSession session = Schedule(0, 10);
        TestThread reader = TestThread.Start(
            () => Assert.Throws<ObjectDisposedException>(() => subscription.BeginRead(Range(0, 10), Timeout.InfiniteTimeSpan, out _)));
        reader.UntilBlocked();

        subscription.Dispose();
        session.Commit();

        reader.Join();
    }

    [Fact] // Scenario 74.
    public void A_thousand_subscriptions_come_and_go_during_endless_sessions_and_none_is_starved_or_called_late()
    {
        const int Subscriptions = 1_000;
        using InvalidationNotifier notifier = new("busy");
        bool done = false;
        long sessions = 0;
        void Invalidate()
        {
            // The next session begins before the last one ends: there is always one.
            notifier.TrySchedule(Range(0, 100), Unmap, out InvalidationSession last);
            while (!Volatile.Read(ref done))
            {
                Assert.True(notifier.TrySchedule(Range(0, 100), Unmap, out InvalidationSession next));
                last.BackOff();
                last = next;
                Interlocked.Increment(ref sessions);
            }

            last.BackOff();
        }

        TestThread[] owners = [TestThread.Start(Invalidate), TestThread.Start(Invalidate)];
        for (int i = 0; i < Subscriptions; i++)
        {
            FakeDevice device = new();
            InvalidationSubscription subscription = notifier.Subscribe(AddressRange.FromLength((ulong)i % 99, 2), device, "device");
            if (i % 100 == 0)
            {
                Limit.Until(() => device.Calls > 0, "The first call");
            }

            subscription.Dispose();
            device.WhenCalled = () => Assert.Fail("Called after Dispose had returned.");
        }

        Volatile.Write(ref done, true);
        Array.ForEach(owners, owner => owner.Join());
        Assert.Equal(0, notifier.GetStatistics().SubscriberFaults);
        Assert.Equal(0, notifier.GetStatistics().Subscriptions);
        AssertAtRest(notifier);
    }
}
