// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Subscribers that cannot start without blocking, and owners that skip what is busy.</summary>
public class RefusalTests : NotifierTest
{
    [Fact] // Scenario 57.
    public void A_refusal_undoes_the_schedule_as_a_whole()
    {
        FakeDevice before = new(DeviceAnswer.Pending);
        FakeDevice after = new();
        InvalidationSubscription subscription = Subscribe(0, 10, before);
        InvalidationSubscription refusing = Subscribe(1, 10, new FakeDevice(DeviceAnswer.Refuse));
        Subscribe(2, 10, after);

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out InvalidationSession session, out InvalidationSubscription? refusedBy));

        Assert.Same(refusing, refusedBy);
        Assert.Equal(default, session);
        Assert.True(session.HasEnded);
        Assert.Equal((1, 0), (before.Calls, after.Calls));
        Assert.True(subscription.TryBeginRead(Range(0, 10), out _));
        Assert.Equal((1L, 1L), (Notifier.GetStatistics().Begun, Notifier.GetStatistics().Refused));
        session.Dispose();
    }

    [Fact]
    public void What_was_built_before_a_refused_schedule_must_be_built_again()
    {
        FakeDevice device = new(DeviceAnswer.Refuse);
        InvalidationSubscription subscription = Subscribe(0, 10, device);
        subscription.TryBeginRead(Range(0, 10), out InvalidationSequence sequence);

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _));

        // Others may have let go before the refusal, so nobody may publish what he built before it.
        Assert.True(subscription.MustRetry(sequence));
    }

    [Fact] // Scenario 58: a refusal after subscribers that had nothing to wait for, that wait, and that threw.
    public void A_refusal_unwinds_all_kinds_of_answers_at_once()
    {
        FakeDevice pending = new(DeviceAnswer.Pending);
        FakeDevice last = new(DeviceAnswer.Refuse);
        Subscribe(0, 10, new FakeDevice());
        Subscribe(0, 10, pending);
        Subscribe(0, 10, new FakeDevice(DeviceAnswer.Throw));
        Subscribe(0, 10, last);

        Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _, out InvalidationSubscription? refusedBy));
        Assert.Same(last, refusedBy!.Subscriber);
        Assert.Equal(0, Notifier.ActiveSessions);

        // Nothing of it is left in the object that serves the next session.
        last.Answer = DeviceAnswer.Done;
        Assert.True(Notifier.TrySchedule(Range(100, 101), Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(0, session.CopyPending([]));
        session.Commit();
    }

    [Fact] // Scenario 63.
    public void A_subscriber_whose_lock_is_taken_refuses_and_a_later_attempt_succeeds()
    {
        Lock gate = new();
        LockingSubscriber subscriber = new(gate);
        Notifier.Subscribe(Range(0, 10), subscriber, "locking");

        TestThread.Run(() =>
        {
            lock (gate)
            {
                TestThread.Run(() => Assert.False(Notifier.TrySchedule(Range(0, 10), Unmap, out _)));
            }
        });

        Schedule(0, 10).Commit();
        Assert.Equal((1L, 1L), (Notifier.GetStatistics().Refused, Notifier.GetStatistics().Committed));
    }

    [Fact] // Scenario 60.
    public void A_reclaimer_with_no_time_takes_what_is_free_and_skips_what_is_stuck()
    {
        FakeDevice stuck = new(DeviceAnswer.Pending);
        List<ulong> reclaimed = [];
        List<(ulong Start, IInvalidationSubscriber By)> skipped = [];
        for (ulong page = 0; page < 100; page++)
        {
            Subscribe(page * 10, (page * 10) + 10, page % 10 == 3 ? stuck : new FakeDevice());
        }

        PendingInvalidation[] holders = new PendingInvalidation[1];
        for (ulong page = 0; page < 100; page++)
        {
            using InvalidationSession session = Schedule(page * 10, (page * 10) + 10);
            if (session.TryWait() == InvalidationOutcome.Completed)
            {
                session.Commit();
                reclaimed.Add(page);
            }
            else
            {
                Assert.Equal(1, session.CopyPending(holders));
                skipped.Add((page, holders[0].Subscription!.Subscriber));
            }
        }

        Assert.Equal((90, 10), (reclaimed.Count, skipped.Count));
        Assert.All(skipped, skip => Assert.Equal((3UL, stuck), (skip.Start % 10, skip.By)));
        Assert.Equal((90L, 10L), (Notifier.GetStatistics().Committed, Notifier.GetStatistics().BackedOff));
    }

    [Fact] // Scenario 61.
    public void A_reclaimer_with_five_milliseconds_altogether_ends_when_they_are_over()
    {
        Subscribe(0, 1000, PendingDevice());
        TimeSpan millisecond = TimeSpan.FromMilliseconds(1);
        int attempts = 0;
        TestThread reclaimer = TestThread.Start(() =>
        {
            long start = Clock.GetTimestamp();
            while (Clock.GetElapsedTime(start) < 5 * millisecond)
            {
                using InvalidationSession session = Schedule((ulong)attempts, (ulong)attempts + 1);
                Assert.Equal(InvalidationOutcome.Pending, session.Wait((5 * millisecond) - Clock.GetElapsedTime(start)));
                attempts++;
            }
        });

        for (int i = 0; i < 5; i++)
        {
            Clock.UntilTimerIsSet();
            Clock.Advance(millisecond);
        }

        reclaimer.Join();
        Assert.Equal(1, attempts);
        Assert.Equal(0, Clock.ActiveTimers);
    }

    private sealed class LockingSubscriber(Lock gate) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            if (!gate.TryEnter())
            {
                return false;
            }

            gate.Exit();
            return true;
        }
    }
}
