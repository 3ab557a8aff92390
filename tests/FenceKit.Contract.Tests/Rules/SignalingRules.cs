// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Rules 2 to 5 of docs/contract.md: what may happen on the way to a signal.</summary>
public class SignalingRules : ContractTest
{
    [Fact]
    public void Waiting_on_the_way_to_the_signal_that_is_waited_for_is_reported()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = Done(timeline);

        using (timeline.BeginSignaling())
        {
            fence.Wait();
        }

        Reported(LockViolationKind.Recursion, "fence engine");
    }

    [Fact]
    public void Waiting_after_the_way_to_the_signal_is_silent()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = Done(timeline);

        using (timeline.BeginSignaling())
        {
            timeline.Signal(timeline.Issue());
        }

        fence.Wait();
        Silent();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lock_held_over_a_wait_and_taken_on_the_way_to_the_signal_is_reported(bool waitFirst)
    {
        FenceTimeline timeline = new("engine");
        Fence fence = Done(timeline);
        TrackedLock shared = Lock("shared");

        if (waitFirst)
        {
            WaitUnder(shared, fence);
        }

        using (timeline.BeginSignaling())
        {
            using (shared.EnterScope())
            {
            }
        }

        if (!waitFirst)
        {
            WaitUnder(shared, fence);
        }

        LockViolation report = Reported(LockViolationKind.CircularDependency, "fence engine", "shared");
        Assert.Equal(LockConfidence.Certain, report.Confidence);
    }

    [Fact]
    public void A_lock_that_is_left_before_the_wait_may_be_taken_on_the_way_to_the_signal()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = Done(timeline);
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
        }

        fence.Wait();
        using (timeline.BeginSignaling())
        {
            using (shared.EnterScope())
            {
            }
        }

        Silent();
    }

    [Fact]
    public void A_lock_taken_only_by_trying_may_be_held_over_the_wait()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = Done(timeline);
        TrackedLock shared = Lock("shared");

        WaitUnder(shared, fence);
        using (timeline.BeginSignaling())
        {
            if (shared.TryEnter())
            {
                shared.Exit();
            }
        }

        Silent();
    }

    [Fact]
    public async Task A_lock_held_over_an_await_and_taken_on_the_way_to_the_signal_is_reported()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = Done(timeline);
        LockMap shared = new(LockClass.Create("shared"));

        using (Validator.Hold(shared, default))
        {
            await fence;
        }

        using (timeline.BeginSignaling())
        {
            Validator.Acquire(shared);
            Validator.Release(shared);
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "shared");
    }

    [Fact]
    public void So_is_one_that_is_held_while_a_limited_wait_is_awaited()
    {
        FenceTimeline timeline = new("engine");
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Assert.True(Done(timeline).WaitAsync(TimeSpan.FromSeconds(90)).GetAwaiter().IsCompleted);
        }

        using (timeline.BeginSignaling())
        {
            TakeAndLeave(shared);
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "shared");
    }

    [Fact]
    public void A_lock_held_over_a_wait_for_all_of_a_set_counts_for_each_of_them()
    {
        FenceTimeline first = new("first");
        FenceTimeline second = new("second");
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Fence.WaitAll([Done(first), Done(second)]);
        }

        using (second.BeginSignaling())
        {
            using (shared.EnterScope())
            {
            }
        }

        Reported(LockViolationKind.CircularDependency, "fence second", "shared");
    }

    [Fact]
    public void One_driver_alone_that_takes_memory_from_a_reclaiming_pool_before_its_signal_is_reported()
    {
        FenceTimeline timeline = new("engine", s_exported);

        using (timeline.BeginSignaling())
        {
            FenceContract.MightAllocate();
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "memory reclaim", "invalidation");
    }

    [Fact]
    public void Taking_memory_before_the_section_or_for_fences_that_nobody_else_gets_is_silent()
    {
        FenceTimeline exported = new("engine", s_exported);
        FenceTimeline own = new("own steps");

        FenceContract.MightAllocate();
        using (exported.BeginSignaling())
        {
            exported.Signal(exported.Issue());
        }

        using (own.BeginSignaling())
        {
            FenceContract.MightAllocate();
        }

        Silent();
    }

    [Fact]
    public void Handing_a_fence_to_an_invalidation_exports_its_timeline()
    {
        InvalidationNotifier notifier = new("pool");
        Driver driver = new("engine");
        notifier.Subscribe(s_range, driver, "engine");
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));

        driver.Work(() => FenceContract.MightAllocate());

        session.Dispose();
        Reported(LockViolationKind.CircularDependency, "fence engine", "memory reclaim", "invalidation");
    }

    [Fact]
    public void One_driver_alone_that_takes_the_lock_of_an_owners_table_before_its_signal_is_reported()
    {
        InvalidationNotifier notifier = new("pool");
        FenceTimeline timeline = new("engine", s_exported);

        using (timeline.BeginSignaling())
        {
            using (notifier.AcquireTable())
            {
            }
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "table pool", "reservation locks", "memory reclaim", "invalidation");
    }

    [Fact]
    public void The_lock_of_an_owners_table_held_over_invalidation_and_wait_is_silent()
    {
        InvalidationNotifier notifier = new("pool");
        FenceTimeline timeline = new("engine", s_exported);
        Fence fence = Done(timeline);

        using (notifier.AcquireTable())
        {
            using (FenceContract.EnterReclaim())
            {
                Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
                session.Dispose();
                fence.Wait();
            }
        }

        Silent();
    }

    [Fact]
    public void Invalidating_on_the_way_to_a_signal_is_reported()
    {
        InvalidationNotifier notifier = new("pool");
        FenceTimeline timeline = new("engine", s_exported);

        using (timeline.BeginSignaling())
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            session.Dispose();
        }

        Reported(LockViolationKind.CircularDependency, "fence engine", "invalidation");
    }

    [Fact]
    public void Invalidating_once_the_way_to_the_signal_has_ended_is_silent()
    {
        InvalidationNotifier notifier = new("pool");
        FenceTimeline timeline = new("engine", s_exported);

        using (timeline.BeginSignaling())
        {
        }

        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();
        Silent();
    }

    [Fact]
    public void Reclaim_that_runs_dry_does_not_reclaim_again()
    {
        using (FenceContract.EnterReclaim())
        {
            using (FenceContract.EnterReclaim())
            {
                FenceContract.MightAllocate();
            }
        }

        Silent();
    }

    [Fact]
    public void Fences_that_depend_on_each_other_in_a_ring_are_reported()
    {
        FenceTimeline first = new("first");
        FenceTimeline second = new("second");
        Fence ofFirst = Done(first);
        Fence ofSecond = Done(second);

        using (first.BeginSignaling())
        {
            ofSecond.Wait();
        }

        using (second.BeginSignaling())
        {
            ofFirst.Wait();
        }

        Reported(LockViolationKind.CircularDependency, "fence first", "fence second");
    }

    [Fact]
    public void Fences_that_depend_on_each_other_in_one_direction_are_silent()
    {
        FenceTimeline first = new("first");
        FenceTimeline second = new("second");
        FenceTimeline third = new("third");
        Fence ofSecond = Done(second);
        Fence ofThird = Done(third);

        using (first.BeginSignaling())
        {
            ofSecond.Wait();
            ofThird.Wait();
        }

        using (second.BeginSignaling())
        {
            ofThird.Wait();
        }

        Silent();
    }

    [Fact]
    public void A_section_that_ends_before_one_begun_inside_it_is_reported()
    {
        FenceTimeline outer = new("outer");
        FenceTimeline inner = new("inner");
        FenceContractScope first = outer.BeginSignaling();
        FenceContractScope second = inner.BeginSignaling();

        first.Dispose();
        second.Dispose();

        Reported(LockViolationKind.Protocol, "fence outer");
    }

    [Fact]
    public void A_section_that_is_ended_twice_by_a_copy_is_reported()
    {
        FenceTimeline timeline = new("engine");
        FenceContractScope scope = timeline.BeginSignaling();
        FenceContractScope copy = scope;

        scope.Dispose();
        copy.Dispose();

        Reported(LockViolationKind.Protocol, "fence engine");
    }

    [Fact]
    public void Sections_that_nest_are_silent_and_end_with_the_outermost()
    {
        FenceTimeline timeline = new("engine");
        FenceTimeline other = new("other");
        TrackedLock shared = Lock("shared");
        Fence fence = Done(timeline);

        using (timeline.BeginSignaling())
        {
            using (other.BeginSignaling())
            {
                using (timeline.BeginSignaling())
                {
                }
            }

            FenceContractScope twice = timeline.BeginSignaling();
            twice.Dispose();
            twice.Dispose();
            using (shared.EnterScope()) // still on the way to the signal
            {
            }
        }

        Silent();
        WaitUnder(shared, fence);
        Reported(LockViolationKind.CircularDependency, "fence engine", "shared");
    }

    private static void WaitUnder(TrackedLock held, Fence fence)
    {
        using (held.EnterScope())
        {
            fence.Wait();
        }
    }
}
