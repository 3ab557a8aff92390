// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Phase A: who is called, and what comes of it.</summary>
public class ScheduleTests : NotifierTest
{
    [Fact] // Scenario 20.
    public void Overlapping_subscribers_are_called_once_each_in_a_stable_order_and_others_are_not()
    {
        List<string> called = [];
        FakeDevice Device(string name) => new() { WhenCalled = ContractReports.AskedFor("a subscriber allocates", () => called.Add(name)) };
        Subscribe(50, 90, Device("c"));
        Subscribe(10, 60, Device("a"));
        Subscribe(10, 70, Device("b"));
        Subscribe(100, 200, Device("disjoint"));

        for (int round = 0; round < 3; round++)
        {
            called.Clear();
            using InvalidationSession session = Schedule(40, 100);
            Assert.Equal(["a", "b", "c"], called);
        }
    }

    [Theory] // Scenario 21.
    [InlineData(10, 20, 0)]
    [InlineData(9, 10, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(0, ulong.MaxValue, 1)]
    public void A_subscriber_is_called_exactly_when_the_ranges_have_a_number_in_common(ulong start, ulong end, int calls)
    {
        FakeDevice device = new();
        Subscribe(0, 10, device);

        using InvalidationSession session = Schedule(start, end);

        Assert.Equal(calls, device.Calls);
    }

    [Fact] // Scenario 22.
    public void Two_subscribers_of_the_same_range_are_both_called()
    {
        FakeDevice first = new();
        FakeDevice second = new();
        Subscribe(0, 10, first);
        Subscribe(0, 10, second);
        Subscribe(0, 10, first);

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal((2, 1), (first.Calls, second.Calls));
    }

    [Fact]
    public void The_request_says_what_is_invalidated_and_why()
    {
        FakeDevice device = new();
        Subscribe(10, 30, device);

        Assert.True(Notifier.TrySchedule(Range(20, 50), InvalidationReason.Migrate, out InvalidationSession session));
        using (session)
        {
            InvalidationRequest request = device.LastRequest;
            Assert.Equal(Range(20, 50), request.Range);
            Assert.Equal(Range(10, 30), request.SubscribedRange);
            Assert.Equal(Range(20, 30), request.Overlap);
            Assert.Equal(InvalidationReason.Migrate, request.Reason);
            Assert.Equal(Range(20, 50), session.Range);
        }
    }

    [Fact] // Scenario 23.
    public void When_all_are_done_at_once_the_session_is_complete_and_holds_nobody()
    {
        Subscribe(0, 10, new FakeDevice());
        Subscribe(0, 10, new FakeDevice());

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, session.CopyPending(new PendingInvalidation[4]));
        session.Commit();
    }

    [Fact]
    public void A_session_over_a_range_without_subscribers_is_complete()
    {
        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Completed, session.Wait(TimeSpan.Zero));
        session.Commit();
        Assert.Equal(1, Notifier.GetStatistics().Committed);
    }

    [Fact] // Scenario 27: a driver with two fences, and three sessions at once.
    public void A_driver_that_runs_out_of_fences_refuses_and_no_session_is_lost()
    {
        using FencePool pool = new("stops", 2);
        List<FenceSource> stops = new(capacity: 4); // a driver allocates nothing when it is told to let go
        bool Stop(out Fence fence)
        {
            bool rented = pool.TryRent(out FenceSource source);
            fence = source.Fence;
            if (rented)
            {
                stops.Add(source);
            }

            return rented;
        }

        Notifier.Subscribe(Range(0, 10), new PooledDriver(Stop), "driver");
        InvalidationSession first = Schedule(0, 10);
        InvalidationSession second = Schedule(0, 10);

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _, out InvalidationSubscription? refusedBy));
        Assert.Equal("driver", refusedBy!.Name);
        Assert.Equal(2, Notifier.ActiveSessions);

        stops[0].TrySignal();
        InvalidationSession third = Schedule(0, 10);
        Assert.Equal(InvalidationOutcome.Completed, first.TryWait());
        Assert.Equal(InvalidationOutcome.Pending, second.TryWait());
        Assert.Equal(InvalidationOutcome.Pending, third.TryWait());
        stops[1].TrySignal();
        stops[2].TrySignal();
        first.Commit();
        Assert.Equal((InvalidationOutcome.Superseded, InvalidationOutcome.Superseded), (second.TryWait(), third.TryWait()));
        second.BackOff();
        third.BackOff();
    }

    [Fact] // Scenario 28.
    public void A_subscriber_that_throws_faults_the_session_and_the_others_are_scheduled_all_the_same()
    {
        FakeDevice before = new(DeviceAnswer.Pending);
        FakeDevice after = new(DeviceAnswer.Pending);
        Subscribe(0, 10, before);
        InvalidationSubscription throwing = Subscribe(0, 10, new FakeDevice(DeviceAnswer.Throw), "bad driver");
        Subscribe(0, 10, after);

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal((1, 1), (before.Calls, after.Calls));
        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        Assert.Equal(InvalidationOutcome.Faulted, session.Wait(TimeSpan.FromDays(1)));
        PendingInvalidation[] pending = new PendingInvalidation[3];
        Assert.Equal(3, session.CopyPending(pending));
        Assert.Same(throwing, pending[1].Subscription);
        Assert.IsType<NotSupportedException>(pending[1].Error);
        before.Finish();
        after.Finish();
        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        Assert.Throws<InvalidOperationException>(session.Commit);
        session.BackOff();
        Assert.Equal((1L, 1L), (Notifier.GetStatistics().SubscriberFaults, Notifier.GetStatistics().BackedOff));
    }

    [Fact] // Scenario 30.
    public void A_subscriber_may_run_a_session_over_another_range_from_inside_its_callback()
    {
        FakeDevice inner = new(DeviceAnswer.Pending);
        Subscribe(100, 110, inner);
        InvalidationOutcome? nested = null;
        FakeDevice outer = new()
        {
            WhenCalled = ContractReports.AskedFor("a subscriber allocates", () =>
            {
                using InvalidationSession session = Schedule(100, 110);
                inner.Finish();
                nested = session.TryWait();
                session.Commit();
            }),
        };
        Subscribe(0, 10, outer);

        using InvalidationSession session = Schedule(0, 10);

        Assert.Equal(InvalidationOutcome.Completed, nested);
        Assert.Equal((1, 1), (outer.Calls, inner.Calls));
        session.Commit();
        Assert.Equal(2, Notifier.GetStatistics().Committed);
    }

    [Fact] // Scenario 32.
    public void A_disposed_notifier_schedules_nothing_and_open_sessions_can_still_be_ended()
    {
        FakeDevice device = new();
        Subscribe(0, 10, device);
        InvalidationSession session = Schedule(0, 5);
        Assert.Equal(1, device.Calls);
        Notifier.Dispose();
        Notifier.Dispose();

        ObjectDisposedException error = Assert.Throws<ObjectDisposedException>(() => Notifier.TrySchedule(Range(0, 10), Unmap, out _));
        Assert.Contains("arena", error.ObjectName, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => Subscribe(0, 10, device));
        Assert.Equal(2, device.Calls); // the second one is the release
        session.Commit();
    }

    [Fact] // Scenario 32: either, never half.
    public void A_schedule_that_races_with_dispose_gives_a_whole_session_or_throws()
    {
        for (int round = 0; round < 200; round++)
        {
            InvalidationNotifier notifier = new("short");
            FakeDevice device = new();
            notifier.Subscribe(Range(0, 10), device, "device");
            int sessions = 0;
            TestThread.RunTogether(notifier.Dispose, () =>
            {
                try
                {
                    while (true)
                    {
                        Assert.True(notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session));
                        sessions++;
                        session.Commit();
                    }
                }
                catch (ObjectDisposedException)
                {
                }
            });

            Assert.Equal(sessions + 1, device.Calls); // one of them is the release
            InvalidationStatistics statistics = notifier.GetStatistics();
            Assert.Equal(sessions + 1, statistics.Committed + statistics.BackedOff);
            Assert.InRange(statistics.BackedOff, 0, 1); // the release, which waits for nobody, may come while a session is open
            AssertAtRest(notifier);
        }
    }

    private delegate bool Stopping(out Fence fence);

    private sealed class PooledDriver(Stopping stop) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence) => stop(out fence);
    }
}
