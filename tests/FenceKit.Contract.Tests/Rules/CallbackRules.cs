// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Rules 9 to 11 of docs/contract.md: callbacks, publishing scopes, and readers that wait for an owner.</summary>
public class CallbackRules : ContractTest
{
    private static int s_runs;

    [Fact]
    public void A_callback_that_waits_is_reported()
    {
        Fence other = Done(new FenceTimeline("other"));

        SignalWith(() => other.Wait());

        Reported(LockViolationKind.WaitInSection, "fence other");
    }

    [Fact]
    public void A_callback_that_looks_and_signals_is_silent()
    {
        FenceTimeline next = new("next");
        Fence other = Done(new FenceTimeline("other"));

        SignalWith(() =>
        {
            s_runs += other.IsSignaled ? 1 : 0;
            next.Signal(next.Issue());
        });

        Silent();
    }

    [Fact]
    public void A_callback_that_takes_a_lock_which_is_held_over_a_wait_is_reported()
    {
        Fence other = Done(new FenceTimeline("other"));
        TrackedLock shared = Lock("shared");
        using (shared.EnterScope())
        {
            other.Wait();
        }

        SignalWith(() =>
        {
            using (shared.EnterScope())
            {
            }
        });

        Reported(LockViolationKind.WaitInSection, "shared");
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void A_callback_that_takes_a_lock_which_is_held_while_fences_are_awaited_is_reported(int fences, bool isHeld)
    {
        Fence[] others = [.. Enumerable.Range(0, fences).Select(_ => Done(new FenceTimeline("other")))];
        TrackedLock shared = Lock("shared");
        if (isHeld)
        {
            using (shared.EnterScope())
            {
                _ = Fence.WaitAnyAsync(others);
            }
        }
        else
        {
            TakeAndLeave(shared);
            _ = Fence.WaitAnyAsync(others);
        }

        SignalWith(() => TakeAndLeave(shared));

        if (isHeld)
        {
            Reported(LockViolationKind.WaitInSection, "shared");
        }
        else
        {
            Silent();
        }
    }

    [Fact]
    public void An_inline_continuation_that_awaits_again_is_silent()
    {
        FenceTimeline timeline = new("engine");
        Fence first = timeline.Issue();
        Fence second = timeline.Issue();
        Task<int> work = AwaitBoth(first, second);

        timeline.Signal(1);
        timeline.Signal(2);

        Assert.True(work.IsCompletedSuccessfully);
        Silent();

        static async Task<int> AwaitBoth(Fence first, Fence second)
        {
            await first.ConfigureAwait(FenceContinuation.Inline);
            await Done(new FenceTimeline("complete"));
            await second.ConfigureAwait(FenceContinuation.Inline);
            return 1;
        }
    }

    [Fact]
    public void Waiting_inside_a_publishing_scope_is_reported()
    {
        Fence other = Done(new FenceTimeline("other"));

        Publish(new InvalidationNotifier("pool"), () => other.Wait());

        Reported(LockViolationKind.WaitInSection, "publishing of engine");
    }

    [Fact]
    public void Taking_memory_from_a_reclaiming_pool_inside_a_publishing_scope_is_reported()
    {
        Publish(new InvalidationNotifier("pool"), static () => FenceContract.MightAllocate());

        Reported(LockViolationKind.CircularDependency, "publishing of engine", "memory reclaim", "invalidation");
    }

    [Fact]
    public void Invalidating_inside_a_publishing_scope_is_reported()
    {
        InvalidationNotifier other = new("other pool");

        Publish(new InvalidationNotifier("pool"), () =>
        {
            other.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session);
            session.Dispose();
        });

        Reported(LockViolationKind.CircularDependency, "publishing of engine", "invalidation");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Invalidating_under_a_lock_that_is_taken_inside_a_publishing_scope_is_reported(bool isHeld)
    {
        InvalidationNotifier notifier = new("pool");
        TrackedLock shared = Lock("shared");
        InvalidationSubscription subscription = notifier.Subscribe(s_range, new Driver("engine"), "engine");
        if (isHeld)
        {
            using (shared.EnterScope())
            {
                Invalidate();
            }
        }
        else
        {
            TakeAndLeave(shared);
            Invalidate();
        }

        Publish(subscription, () => TakeAndLeave(shared));

        if (isHeld)
        {
            // Of the very instances: the order that is known from the start alone would make it likely.
            Assert.Equal(LockConfidence.Certain, Reported(LockViolationKind.CircularDependency, "publishing of engine", "shared").Confidence);
        }
        else
        {
            Silent();
        }

        void Invalidate()
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            session.Dispose();
        }
    }

    [Fact]
    public void Publishing_without_more_is_silent()
    {
        InvalidationNotifier notifier = new("pool");

        Publish(notifier, static () => s_runs++);
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        session.Dispose();

        Silent();
    }

    [Fact]
    public void Waiting_for_an_owner_under_a_lock_that_the_owner_takes_while_it_unmaps_is_reported()
    {
        InvalidationNotifier notifier = new("pool");
        InvalidationSubscription subscription = notifier.Subscribe(s_range, new Driver("engine"), "engine");
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Assert.True(subscription.BeginRead(s_range, TimeSpan.FromSeconds(1), out _));
        }

        notifier.Invalidate(s_range, InvalidationReason.Unmap, shared, static (held, _) => TakeAndLeave(held), static (_, _) => { }, TimeSpan.Zero);

        Reported(LockViolationKind.CircularDependency, "fence pool sessions", "shared");
    }

    [Fact]
    public void So_is_awaiting_him()
    {
        InvalidationNotifier notifier = new("pool");
        InvalidationSubscription subscription = notifier.Subscribe(s_range, new Driver("engine"), "engine");
        TrackedLock shared = Lock("shared");
        ValueTask<InvalidationSequence?> reading;

        using (shared.EnterScope())
        {
            reading = subscription.BeginReadAsync(s_range, TimeSpan.FromSeconds(1));
        }

        Assert.True(reading.IsCompletedSuccessfully);
        notifier.Invalidate(s_range, InvalidationReason.Unmap, shared, static (held, _) => TakeAndLeave(held), static (_, _) => { }, TimeSpan.Zero);

        Reported(LockViolationKind.CircularDependency, "fence pool sessions", "shared");
    }

    [Fact]
    public void Waiting_for_an_owner_under_no_lock_is_silent()
    {
        InvalidationNotifier notifier = new("pool");
        InvalidationSubscription subscription = notifier.Subscribe(s_range, new Driver("engine"), "engine");
        TrackedLock shared = Lock("shared");

        Assert.True(subscription.BeginRead(s_range, TimeSpan.FromSeconds(1), out _));
        notifier.Invalidate(s_range, InvalidationReason.Unmap, shared, static (held, _) => TakeAndLeave(held), static (_, _) => { }, TimeSpan.Zero);

        Silent();
    }

    private static void SignalWith(Action action)
    {
        FenceTimeline timeline = new("engine");
        Fence fence = timeline.Issue();
        Assert.True(fence.TryAddCallback(new Callback(action)));
        timeline.Signal(fence);
    }

    private static void Publish(InvalidationNotifier notifier, Action action) =>
        Publish(notifier.Subscribe(s_range, new Driver("engine"), "engine"), action);

    private static void Publish(InvalidationSubscription subscription, Action action)
    {
        Assert.True(subscription.TryBeginRead(s_range, out InvalidationSequence sequence));
        Assert.True(subscription.TryPopulate(sequence, out PopulateScope scope));
        using (scope)
        {
            action();
        }
    }
}
