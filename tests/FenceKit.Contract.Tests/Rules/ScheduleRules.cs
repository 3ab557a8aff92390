// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Rules 6 to 8 of docs/contract.md: what a subscriber may do while it is told to let go.</summary>
public class ScheduleRules : ContractTest
{
    private static int s_sink;
    private static object? s_kept;

    [Fact]
    public void A_subscriber_that_waits_is_reported()
    {
        Fence other = Done(new FenceTimeline("other"));

        Schedule(new Driver("engine", () => other.Wait()));

        LockViolation report = Reported(LockViolationKind.WaitInSection, "fence other");
        Assert.Contains("must not wait", report.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subscriber_that_looks_whether_a_fence_is_complete_is_silent()
    {
        Fence other = Done(new FenceTimeline("other"));

        Schedule(new Driver("engine", () => s_sink += other.IsSignaled && other.Wait(TimeSpan.Zero) == FenceStatus.Signaled ? 1 : 0));

        Silent();
    }

    [Fact]
    public void A_subscriber_that_allocates_is_reported_with_the_number_of_bytes()
    {
        Driver driver = new("engine", static () => s_kept = new byte[1000]);

        Schedule(driver);

        LockViolation report = Reported(LockViolationKind.AllocationInSection);
        Assert.Matches(@"^10\d\d bytes were allocated", report.Message);
    }

    [Fact]
    public void A_subscriber_that_allocates_a_little_each_time_is_reported_by_its_fourth_call()
    {
        Driver driver = new("engine", static () => s_kept = new byte[10]);

        Schedule(driver, times: 4);

        Reported(LockViolationKind.AllocationInSection);
    }

    [Fact]
    public void A_subscriber_that_might_allocate_is_reported_although_it_does_not()
    {
        Schedule(new Driver("engine", static () => FenceContract.MightAllocate()));

        Reported(LockViolationKind.AllocationInSection);
    }

    [Fact]
    public void A_subscriber_that_uses_what_it_made_before_is_silent_from_its_first_call()
    {
        FenceTimeline steps = new("steps");
        Callback chained = new(static () => s_sink++);
        Fence step = steps.Issue();

        Schedule(new Driver("engine", () => step.TryAddCallback(chained)));

        steps.Signal(step);
        Silent();
    }

    [Fact]
    public void A_subscriber_that_throws_is_the_sessions_business_and_not_an_allocation()
    {
        InvalidationNotifier notifier = new("pool");
        notifier.Subscribe(s_range, new Driver("engine", static () => throw new NotSupportedException()), "engine");

        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));

        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        session.Dispose();
        Silent();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_subscriber_that_takes_a_lock_which_is_held_over_a_wait_is_reported(bool waitFirst)
    {
        Fence other = Done(new FenceTimeline("other"));
        TrackedLock shared = Lock("shared");
        Driver driver = new("engine", () =>
        {
            using (shared.EnterScope())
            {
            }
        });

        if (!waitFirst)
        {
            Schedule(driver);
        }

        using (shared.EnterScope())
        {
            other.Wait();
        }

        if (waitFirst)
        {
            Schedule(driver);
        }

        Reported(LockViolationKind.WaitInSection, "shared");
    }

    [Fact]
    public void A_subscriber_that_takes_a_lock_which_is_never_held_over_a_wait_is_silent()
    {
        TrackedLock shared = Lock("shared");
        Driver driver = new("engine", () =>
        {
            using (shared.EnterScope())
            {
            }
        });

        Schedule(driver);
        using (shared.EnterScope())
        {
            driver.Work();
        }

        Silent();
    }

    [Fact]
    public void Invalidating_under_a_lock_that_the_subscriber_takes_is_reported()
    {
        TrackedLock shared = Lock("shared");
        Driver driver = new("engine", () =>
        {
            using (shared.EnterScope())
            {
            }
        });
        InvalidationNotifier notifier = new("pool");
        InvalidationSubscription subscription = notifier.Subscribe(s_range, driver, "engine");
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();

        using (shared.EnterScope())
        {
            Assert.True(notifier.TrySchedule(new AddressRange(8192, 16384), InvalidationReason.Unmap, out session));
            session.Dispose();
        }

        LockViolation report = Reported(LockViolationKind.CircularDependency, "invalidation", "shared");
        Assert.Contains("schedule of engine", report.ToString(), StringComparison.Ordinal);
        GC.KeepAlive(subscription);
    }

    [Fact]
    public void Invalidating_once_that_lock_has_been_left_is_silent()
    {
        TrackedLock shared = Lock("shared");
        InvalidationNotifier notifier = new("pool");
        notifier.Subscribe(s_range, new Driver("engine", () => TakeAndLeave(shared)), "engine");

        TakeAndLeave(shared);
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();
        TakeAndLeave(shared);
        Assert.True(notifier.TrySchedule(new AddressRange(8192, 16384), InvalidationReason.Unmap, out session));
        session.Dispose();

        Silent();
    }

    [Fact]
    public void Unsubscribing_under_a_lock_that_the_subscriber_takes_is_reported()
    {
        TrackedLock shared = Lock("shared");
        Driver driver = new("engine", () =>
        {
            using (shared.EnterScope())
            {
            }
        });
        InvalidationSubscription subscription = Schedule(driver);

        using (shared.EnterScope())
        {
            subscription.Dispose();
        }

        Reported(LockViolationKind.CircularDependency, "invalidation", "shared");
    }

    [Fact]
    public void Unsubscribing_under_no_lock_is_silent()
    {
        TrackedLock shared = Lock("shared");
        Driver driver = new("engine", () =>
        {
            using (shared.EnterScope())
            {
            }
        });
        InvalidationSubscription subscription = Schedule(driver);

        subscription.Dispose();

        Silent();
    }

    [Fact]
    public void A_session_inside_a_callback_is_silent()
    {
        InvalidationNotifier inner = new("inner");
        inner.Subscribe(s_range, new Driver("cache"), "cache");
        bool warm = inner.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession first); // sessions are pooled
        first.Dispose();

        Schedule(new Driver("engine", () =>
        {
            warm &= inner.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session);
            session.Dispose();
        }));

        Assert.True(warm);
        Silent();
    }

    private static InvalidationSubscription Schedule(Driver driver, int times = 1)
    {
        InvalidationNotifier notifier = new("pool");
        InvalidationSubscription subscription = notifier.Subscribe(s_range, driver, "engine");
        for (int i = 0; i < times; i++)
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            session.Dispose();
        }

        return subscription;
    }
}
