// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>What holds when an unsubscribe has returned. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class UnsubscribeTests : NotifierTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_unsubscribes_second_waits_for_the_callback_like_the_first(bool second) // 68, 72
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
        bool[] leftBefore = new bool[2];
        TestThread first = TestThread.Start(() =>
        {
            subscription.Dispose();
            leftBefore[0] = Volatile.Read(ref left);
        });
        Limit.Until(() => Notifier.GetStatistics().Subscriptions == 0, "Taking the subscription out");
        TestThread late = TestThread.Start(() =>
        {
            if (second)
            {
                Limit.On(subscription.DisposeAsync().AsTask());
            }
            else
            {
                subscription.Dispose();
            }

            leftBefore[1] = Volatile.Read(ref left);
        });
        late.UntilBlocked();

        leave.Set();
        first.Join();
        late.Join();
        scheduler.Join();

        Assert.Equal([true, true], leftBefore);
    }

    [Fact]
    public void Unless_asked_for_the_fences_of_the_device_are_not_waited_for() // 69, detached
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        InvalidationSession session = Schedule(0, 10);

        subscription.Dispose();

        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        device.Finish();
        session.Commit();
    }

    [Fact]
    public void With_a_drain_timeout_it_returns_when_the_device_has_let_go() // 69, waits
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Draining(device, Limit.Time);
        InvalidationSession session = Schedule(0, 10);
        Schedule(2, 4).BackOff();
        bool finished = false;
        TestThread owner = TestThread.Start(() =>
        {
            subscription.Dispose();
            Assert.True(Volatile.Read(ref finished), "The device was still busy.");
        });
        owner.UntilBlocked();
        Limit.Until(() => Notifier.GetStatistics().Subscriptions == 0, "Taking the subscription out");

        Volatile.Write(ref finished, true);
        device.Finish();

        owner.Join();
        session.Commit();
    }

    [Fact]
    public async Task The_async_version_completes_on_the_fence() // 69
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Draining(device, Timeout.InfiniteTimeSpan);
        InvalidationSession session = Schedule(0, 10);

        Task unsubscribing = subscription.DisposeAsync().AsTask();

        Assert.False(unsubscribing.IsCompleted);
        Task again = subscription.DisposeAsync().AsTask();
        Assert.False(again.IsCompleted);
        device.Finish();
        await Limit.OnAsync(unsubscribing);
        await Limit.OnAsync(again);
        session.Commit();
        await subscription.DisposeAsync();
    }

    [Fact]
    public void The_drain_ends_with_its_time_and_the_fence_still_counts() // 69
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Draining(device, TimeSpan.FromMilliseconds(20));
        InvalidationSession session = Schedule(0, 10);
        TestThread owner = TestThread.Start(subscription.Dispose);
        Clock.UntilTimerIsSet();
        Clock.Advance(TimeSpan.FromMilliseconds(20));
        owner.Join();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        session.BackOff();
    }

    [Fact]
    public void A_device_that_faults_is_done_with_too() // 69, 50
    {
        FakeDevice device = PendingDevice();
        InvalidationSubscription subscription = Draining(device, Limit.Time);
        InvalidationSession session = Schedule(0, 10);
        device.Timeline.Signal(device.Timeline.Issued, new InvalidOperationException("lost"));
        subscription.Dispose();
        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        session.BackOff();
    }

    [Fact]
    public void Many_timelines_are_all_waited_for_and_none_twice() // 69
    {
        FenceTimeline[] engines = [.. Enumerable.Range(0, 9).Select(index => new FenceTimeline($"engine {index}"))];
        StubSubscriber stub = new();
        InvalidationSubscription subscription = Notifier.Subscribe(
            Range(0, 10), stub, "many engines", new InvalidationSubscriptionOptions { DrainTimeout = Limit.Time });
        foreach (FenceTimeline engine in (FenceTimeline[])[.. engines, .. engines])
        {
            stub.Fence = engine.Issue();
            Schedule(0, 10).BackOff();
        }

        TestThread owner = TestThread.Start(subscription.Dispose);
        foreach (FenceTimeline engine in engines)
        {
            owner.UntilBlocked();
            Assert.False(owner.HasEnded, $"{engine.Name} was not waited for.");
            engine.Signal(engine.Issued);
        }

        owner.Join();
    }

    [Fact]
    public void A_drain_timeout_is_a_time()
    {
        InvalidationSubscriptionOptions wrong = new() { DrainTimeout = TimeSpan.FromMilliseconds(-2) };
        Assert.Throws<ArgumentOutOfRangeException>(() => Notifier.Subscribe(Range(0, 10), new FakeDevice(), "device", wrong));
    }

    private InvalidationSubscription Draining(FakeDevice device, TimeSpan timeout) =>
        Notifier.Subscribe(Range(0, 10), device, "device", new InvalidationSubscriptionOptions { DrainTimeout = timeout });
}
