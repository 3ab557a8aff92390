// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Sessions: who waits for their end, what they wait for, and what may happen before it.</summary>
public class SessionRules : ContractTest
{
    private readonly InvalidationNotifier _notifier = new("pool");

    [Fact]
    public void A_lock_held_over_the_wait_of_a_session_is_known_though_everybody_had_let_go_at_once()
    {
        Driver driver = new("engine");
        driver.WhenCalled = null;
        TrackedLock shared = Lock("shared");
        _notifier.Subscribe(s_range, new Finished(driver), "engine");

        WaitUnder(shared, isAsync: false);
        driver.Work(() => TakeAndLeave(shared));

        Reported(LockViolationKind.CircularDependency, "fence engine", "shared");
    }

    [Fact]
    public void So_is_one_that_is_held_while_the_wait_is_awaited()
    {
        Driver driver = new("engine");
        TrackedLock shared = Lock("shared");
        _notifier.Subscribe(s_range, new Finished(driver), "engine");

        WaitUnder(shared, isAsync: true);
        driver.Work(() => TakeAndLeave(shared));

        Reported(LockViolationKind.CircularDependency, "fence engine", "shared");
    }

    [Fact]
    public void A_lock_left_before_the_wait_is_silent()
    {
        Driver driver = new("engine");
        TrackedLock shared = Lock("shared");
        _notifier.Subscribe(s_range, new Finished(driver), "engine");

        TakeAndLeave(shared);
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Completed, session.Wait(TimeSpan.FromSeconds(90)));
        session.Commit();
        driver.Work(() => TakeAndLeave(shared));

        Silent();
    }

    [Fact]
    public void Reading_under_a_lock_that_a_subscriber_takes_in_its_callback_breaks_two_rules_and_gets_one_report_each()
    {
        TrackedLock shared = Lock("shared");
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new Driver("engine", () => TakeAndLeave(shared)), "engine");

        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();
        using (shared.EnterScope())
        {
            Assert.True(subscription.BeginRead(s_range, TimeSpan.FromSeconds(90), out _));
        }

        // Rule 12: who holds the lock waits for the callback, and the callback for the lock. Rule 9: it takes a lock that is held over a wait.
        Assert.Equal(2, Reports.Count);
        Assert.Equal(["invalidation", "shared"], Assert.Single(Reports, IsOf(LockViolationKind.CircularDependency)).ClassNames.Order());
        Assert.Contains("shared", Assert.Single(Reports, IsOf(LockViolationKind.WaitInSection)).ClassNames);

        static Predicate<LockViolation> IsOf(LockViolationKind kind) => report => report.Kind == kind;
    }

    [Fact]
    public void Looking_under_that_lock_whether_the_range_can_be_read_is_silent()
    {
        TrackedLock shared = Lock("shared");
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new Driver("engine", () => TakeAndLeave(shared)), "engine");

        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();
        using (shared.EnterScope())
        {
            Assert.True(subscription.TryBeginRead(s_range, out _));
        }

        Silent();
    }

    [Fact]
    public void A_device_that_waits_for_an_owner_on_the_way_to_a_signal_which_owners_wait_for_is_reported_alone()
    {
        FenceTimeline timeline = new("engine", s_exported);
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new Driver("other"), "other");

        using (timeline.BeginSignaling())
        {
            Assert.True(subscription.BeginRead(s_range, TimeSpan.FromSeconds(90), out _));
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "invalidation");
    }

    [Fact]
    public void A_device_that_only_looks_is_silent()
    {
        FenceTimeline timeline = new("engine", s_exported);
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new Driver("other"), "other");

        using (timeline.BeginSignaling())
        {
            Assert.True(subscription.TryBeginRead(s_range, out _));
        }

        Silent();
    }

    [Fact]
    public void Phase_B_that_says_so_is_on_the_way_to_the_end_of_the_session()
    {
        TrackedLock shared = Lock("shared");
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new Driver("engine"), "engine");

        using (shared.EnterScope())
        {
            Assert.True(subscription.BeginRead(s_range, TimeSpan.FromSeconds(90), out _));
        }

        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        TakeAndLeave(shared);
        Silent(); // it may be another thread that ends the session
        using (session.BeginSignaling())
        {
            TakeAndLeave(shared);
        }

        session.BackOff();
        Reported(LockViolationKind.CircularDependency, "fence pool sessions", "shared");
    }

    [Fact]
    public void A_sweep_is_reclaim()
    {
        TrackedLock shared = Lock("shared");
        using (shared.EnterScope())
        {
            FenceContract.MightAllocate();
        }

        new ReclaimSweep(_notifier, InvalidationReason.Discard, new Owner(() => TakeAndLeave(shared))).Run([s_range], TimeSpan.Zero);

        Reported(LockViolationKind.CircularDependency, "memory reclaim", "shared");
    }

    [Fact]
    public void A_sweep_whose_owner_takes_no_lock_under_which_memory_is_taken_is_silent()
    {
        TrackedLock shared = Lock("shared");
        FenceContract.MightAllocate();
        TakeAndLeave(shared);

        ReclaimProgress progress = new ReclaimSweep(_notifier, InvalidationReason.Discard, new Owner(() => TakeAndLeave(shared))).Run([s_range], TimeSpan.Zero);

        Assert.Equal(1, progress.Reclaimed);
        Silent();
    }

    private void WaitUnder(TrackedLock shared, bool isAsync)
    {
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        using (shared.EnterScope())
        {
            TimeSpan budget = TimeSpan.FromSeconds(90);
            InvalidationOutcome outcome = InvalidationOutcome.Pending;
            if (isAsync)
            {
                outcome = session.WaitAsync(budget).AsTask().GetAwaiter().GetResult(); // complete: it stays on this thread
            }
            else
            {
                outcome = session.Wait(budget);
            }

            Assert.Equal(InvalidationOutcome.Completed, outcome);
        }

        session.Commit();
    }

    /// <summary>Lets go at once, with a fence that has signaled.</summary>
    private sealed class Finished(Driver driver) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = Done(driver.Timeline);
            return true;
        }
    }

    private sealed class Owner(Action whenFreed) : IReclaimOwner
    {
        public void Park(AddressRange range)
        {
        }

        public void Free(AddressRange range) => whenFreed();

        public void Restore(AddressRange range)
        {
        }
    }
}
