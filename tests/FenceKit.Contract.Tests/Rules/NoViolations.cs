// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>What looks like a violation to a careless check: each would be a false report, or a second one, or hide a real one.</summary>
public class NoViolations : ContractTest
{
    private readonly InvalidationNotifier _notifier = new("pool");

    [Fact]
    public void What_is_held_when_a_timeline_is_made_is_no_part_of_the_order_that_is_known_from_the_start()
    {
        TrackedLock shared = Lock("shared");
        using (shared.EnterScope())
        {
            _ = new FenceTimeline("engine", s_exported);
        }

        Schedule(new Driver("display", () => TakeAndLeave(shared)));

        Silent();
    }

    [Fact]
    public void A_continuation_that_runs_inside_the_signaling_section_may_await_the_next_point()
    {
        FenceTimeline timeline = new("engine");
        Fence first = timeline.Issue();
        Fence second = timeline.Issue();
        Task work = AwaitBoth(first, second);

        using (timeline.BeginSignaling())
        {
            timeline.Signal(first);
            timeline.Signal(second);
        }

        Assert.True(work.IsCompletedSuccessfully);
        Silent();

        static async Task AwaitBoth(Fence first, Fence second)
        {
            await first.ConfigureAwait(FenceContinuation.Inline);
            await second.ConfigureAwait(FenceContinuation.Inline);
        }
    }

    [Fact]
    public void A_continuation_that_runs_inside_the_signaling_section_may_await_an_owner()
    {
        FenceTimeline timeline = new("engine", s_exported);
        InvalidationSubscription subscription = _notifier.Subscribe(s_range, new Driver("other"), "other");
        Fence fence = timeline.Issue();
        Task<InvalidationSequence?>? reading = null;
        fence.TryAddCallback(new Callback(() => reading = subscription.BeginReadAsync(s_range, TimeSpan.FromSeconds(90)).AsTask()));

        using (timeline.BeginSignaling())
        {
            timeline.Signal(fence);
        }

        Assert.True(reading!.IsCompletedSuccessfully);
        Silent();
    }

    [Fact]
    public void A_subscriber_that_waits_for_another_owner_is_reported_once()
    {
        InvalidationSubscription elsewhere = new InvalidationNotifier("elsewhere").Subscribe(s_range, new Driver("other"), "other");

        Schedule(new Driver("engine", () => elsewhere.BeginRead(s_range, TimeSpan.FromSeconds(90), out _)));

        Reported(LockViolationKind.WaitInSection, "fence elsewhere sessions");
    }

    [Fact]
    public void A_session_inside_a_callback_may_be_the_first_to_hand_a_fence_out()
    {
        AddressRange cold = new(8192, 12288);
        InvalidationNotifier inner = new("inner");
        inner.Subscribe(s_range, new Driver("warm"), "warm");
        inner.Subscribe(cold, new Driver("first seen in a callback"), "cold");
        Assert.True(inner.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession first)); // sessions are pooled
        first.Dispose();

        Schedule(new Driver("engine", () =>
        {
            inner.TrySchedule(cold, InvalidationReason.Unmap, out InvalidationSession session);
            session.Dispose();
        }));

        Silent();
    }

    [Fact]
    public void A_subscriber_may_begin_to_signal_on_a_thread_that_never_did()
    {
        FenceTimeline own = new("own steps");
        using OtherThread fresh = new();

        fresh.Run(() => Schedule(new Driver("engine", () => own.BeginSignaling().Dispose())));

        Silent();
    }

    [Fact]
    public void A_subscriber_may_arm_an_array_that_was_never_armed()
    {
        FenceTimeline first = new("first");
        Fence[] members = [first.Issue(), new FenceTimeline("second").Issue()];
        using FenceArray array = new("both", 2);
        using FenceArray warm = new("warm", 2); // what the runtime and pools make once
        Assert.True(warm.TryArmAll([first.Issue(), first.Issue()], out _));
        bool isArmed = false;

        Schedule(new Driver("engine", () => isArmed = array.TryArmAll(members, out _)));

        Assert.True(isArmed);
        Silent();
    }

    [Fact]
    public void An_array_that_is_called_like_its_members_does_not_wait_for_itself()
    {
        FenceTimeline timeline = new("engine");
        using FenceArray array = new("engine", 2);

        Assert.True(array.TryArmAll([Done(timeline), Done(timeline)], out Fence both));
        both.Wait();

        Silent();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Readers_and_signalers_are_no_guard_for_each_other(bool areReaders)
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        FenceTimeline timeline = new("engine");
        TrackedLock first = Lock("first");
        TrackedLock second = Lock("second");

        Inside(() => Nest(first, second));
        Inside(() => Nest(second, first));

        Assert.Equal(LockConfidence.Certain, Reported(LockViolationKind.CircularDependency, "first", "second").Confidence);

        void Inside(Action action)
        {
            if (areReaders)
            {
                using (gate.Enter())
                {
                    action();
                }
            }
            else
            {
                using (timeline.BeginSignaling())
                {
                    action();
                }
            }
        }

        static void Nest(TrackedLock outer, TrackedLock inner)
        {
            using (outer.EnterScope())
            {
                TakeAndLeave(inner);
            }
        }
    }

    [Fact]
    public void Trying_to_enter_a_gate_under_a_lock_that_readers_take_is_silent()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Assert.True(gate.TryEnter(s_range, out ReaderScope tried));
            tried.Dispose();
        }

        using (gate.Enter())
        {
            TakeAndLeave(shared);
        }

        Assert.Equal(InvalidationOutcome.Completed, _notifier.Invalidate(s_range, InvalidationReason.Unmap, 0, static (_, _) => { }, static (_, _) => { }, TimeSpan.FromSeconds(90)));
        Silent();
    }

    [Theory]
    [InlineData(true, LockConfidence.Possible)]
    [InlineData(false, LockConfidence.Certain)]
    public void A_lock_of_a_set_that_is_wanted_for_a_limited_time_does_not_hang_for_ever(bool isLimited, LockConfidence confidence)
    {
        WoundWaitLock page = new(new WoundWaitClass("pages"));
        TrackedLock shared = Lock("shared");
        using (shared.EnterScope())
        {
            Assert.True(page.Lock(isLimited ? TimeSpan.FromSeconds(90) : Timeout.InfiniteTimeSpan));
            page.Unlock();
        }

        Assert.True(page.TryLock());
        TakeAndLeave(shared);
        page.Unlock();

        Assert.Equal(confidence, Reported(LockViolationKind.CircularDependency, "locks of pages", "shared").Confidence);
    }

    [Fact]
    public void An_awaited_lock_of_a_set_is_held_until_it_is_unlocked()
    {
        WoundWaitClass pages = new("pages");
        WoundWaitLock page = new(pages);
        using WoundWaitContext context = new(pages);

        Assert.True(page.LockAsync(context, Timeout.InfiniteTimeSpan).AsTask().IsCompletedSuccessfully);

        Assert.True(Validator.IsHeld(page.ContractMap!)); // the result was there at once, and was taken here
        page.Unlock(context);
        Assert.Empty(Validator.GetHeldLocks(Thread.CurrentThread));
        Silent();
    }

    private void Schedule(Driver driver)
    {
        _notifier.Subscribe(s_range, driver, driver.Timeline.Name);
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();
    }
}
