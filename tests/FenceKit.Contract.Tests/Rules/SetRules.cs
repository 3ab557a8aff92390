// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Several fences: whoever waits for all waits for each, whoever waits for any waits, and an array stands for its members.</summary>
public class SetRules : ContractTest
{
    private readonly FenceTimeline _first = new("first");
    private readonly FenceTimeline _second = new("second");

    [Fact]
    public void A_lock_held_while_all_of_a_set_are_awaited_counts_for_each_of_them()
    {
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            _ = Fence.WaitAllAsync([Done(_first), Done(_second)]);
        }

        SignalUnder(_second, shared);
        Reported(LockViolationKind.CircularDependency, "fence second", "shared");
    }

    [Fact]
    public void A_lock_held_while_any_of_a_set_is_waited_for_counts_for_none_of_them()
    {
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Fence.WaitAny([Done(_first), Done(_second)]);
            _ = Fence.WaitAnyAsync([Done(_first), Done(_second)]);
        }

        SignalUnder(_second, shared);
        Silent();
    }

    [Fact]
    public void A_lock_held_while_any_of_one_is_awaited_counts()
    {
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            _ = Fence.WaitAnyAsync([Done(_second)]);
        }

        SignalUnder(_second, shared);
        Reported(LockViolationKind.CircularDependency, "fence second", "shared");
    }

    [Fact]
    public void Waiting_for_any_of_a_set_in_a_callback_is_reported_though_one_was_complete()
    {
        Fence done = Done(_first);
        Fence pending = _second.Issue();
        FenceTimeline timeline = new("engine");
        timeline.Issue().TryAddCallback(new Callback(() => Fence.WaitAny([done, pending])));

        timeline.Signal(1);

        Reported(LockViolationKind.WaitInSection, "any of several fences");
    }

    [Fact]
    public void Looking_at_a_set_in_a_callback_is_silent()
    {
        Fence done = Done(_first);
        Fence pending = _second.Issue();
        FenceTimeline timeline = new("engine");
        timeline.Issue().TryAddCallback(new Callback(() => Fence.WaitAny([pending, done], TimeSpan.Zero)));

        timeline.Signal(1);

        Silent();
    }

    [Fact]
    public void A_lock_held_over_the_wait_for_an_array_counts_for_its_members()
    {
        TrackedLock shared = Lock("shared");
        using FenceArray array = new("both", 2);
        Assert.True(array.TryArmAll([Done(_first), Done(_second)], out Fence both));

        using (shared.EnterScope())
        {
            both.Wait();
        }

        SignalUnder(_second, shared);
        Reported(LockViolationKind.CircularDependency, "fence both", "fence second", "shared");
    }

    [Fact]
    public void A_lock_held_over_the_wait_for_any_member_of_an_array_does_not()
    {
        TrackedLock shared = Lock("shared");
        using FenceArray array = new("either", 2);
        Assert.True(array.TryArmAny([Done(_first), Done(_second)], out Fence either));

        using (shared.EnterScope())
        {
            either.Wait();
        }

        SignalUnder(_second, shared);
        Silent();
    }

    [Fact]
    public void A_lock_of_a_set_that_is_held_over_a_wait_and_taken_in_a_callback_is_reported()
    {
        WoundWaitLock page = HeldOverAWait();
        FenceTimeline timeline = new("engine");
        timeline.Issue().TryAddCallback(new Callback(() =>
        {
            Assert.True(page.Lock(Timeout.InfiniteTimeSpan));
            page.Unlock();
        }));

        timeline.Signal(1);

        Reported(LockViolationKind.WaitInSection, "locks of pages");
    }

    [Fact]
    public void Awaiting_that_lock_in_a_callback_is_silent()
    {
        WoundWaitLock page = HeldOverAWait();
        FenceTimeline timeline = new("engine");
        timeline.Issue().TryAddCallback(new Callback(() =>
        {
            Assert.True(page.LockAsync(Timeout.InfiniteTimeSpan).AsTask().IsCompletedSuccessfully);
            page.Unlock();
        }));

        timeline.Signal(1);

        Silent();
    }

    private WoundWaitLock HeldOverAWait()
    {
        WoundWaitLock page = new(new WoundWaitClass("pages"));
        Assert.True(page.TryLock());
        Done(_first).Wait();
        page.Unlock();
        return page;
    }

    private static void SignalUnder(FenceTimeline timeline, TrackedLock shared)
    {
        using (timeline.BeginSignaling())
        {
            TakeAndLeave(shared);
        }
    }
}
