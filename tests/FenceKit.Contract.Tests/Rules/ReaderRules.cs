// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Readers of a gate are on the way to the signal that an invalidation waits for, and who enters may have to wait for one.</summary>
public class ReaderRules : ContractTest
{
    private readonly InvalidationNotifier _notifier = new("pool");

    [Fact]
    public void A_reader_that_takes_memory_from_a_reclaiming_pool_is_reported()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");

        using (gate.Enter())
        {
            FenceContract.MightAllocate();
        }

        Reported(LockViolationKind.CircularDependency, "gate readers", "memory reclaim");
    }

    [Fact]
    public void A_reader_that_takes_memory_before_it_enters_or_after_it_has_left_is_silent()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");

        FenceContract.MightAllocate();
        using (gate.Enter())
        {
            using (gate.GetReader().Enter(s_range))
            {
            }
        }

        FenceContract.MightAllocate();
        Silent();
    }

    [Fact]
    public void A_gate_and_a_device_of_one_name_are_not_taken_for_one_another()
    {
        GC.KeepAlive(new FenceTimeline("pages", s_exported)); // whose fences a session may wait for
        ReaderGate gate = new(_notifier, s_range, "pages");

        using (gate.Enter())
        {
            // A session that is begun and not waited for: by itself it is harmless inside a gate of its own.
            Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            session.Dispose();
        }

        Silent();
    }

    [Fact]
    public void A_reader_that_takes_a_lock_which_an_owner_holds_while_he_awaits_is_reported_too()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        TrackedLock shared = Lock("shared");
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        ValueTask<InvalidationOutcome> wait;

        using (shared.EnterScope())
        {
            wait = session.WaitAsync(TimeSpan.FromSeconds(90));
        }

        Assert.True(wait.IsCompletedSuccessfully);
        session.Commit();
        using (gate.GetReader().Enter())
        {
            TakeAndLeave(shared);
        }

        Reported(LockViolationKind.CircularDependency, "gate readers", "shared");
    }

    [Fact]
    public void A_reader_that_takes_a_lock_which_an_owner_holds_over_its_wait_is_reported_though_nobody_was_inside()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Invalidate(static () => { });
        }

        using (gate.GetReader().Enter())
        {
            using (shared.EnterScope())
            {
            }
        }

        Reported(LockViolationKind.CircularDependency, "gate readers", "shared");
    }

    [Fact]
    public void A_reader_that_takes_a_lock_which_an_owner_leaves_before_its_wait_is_silent()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        TrackedLock shared = Lock("shared");

        TakeAndLeave(shared);
        Invalidate(static () => { });
        using (gate.GetReader().Enter())
        {
            TakeAndLeave(shared);
        }

        Silent();
    }

    [Fact]
    public void Entering_under_a_lock_that_the_owner_takes_while_it_unmaps_is_reported()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            gate.Enter(s_range).Dispose();
        }

        Invalidate(() => TakeAndLeave(shared));

        Reported(LockViolationKind.CircularDependency, "fence pool sessions", "shared");
    }

    [Fact]
    public void Trying_to_enter_or_passing_under_that_lock_is_silent()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        ReaderGate passing = new(_notifier, s_range, "passing", NewReaders.Pass);
        TrackedLock shared = Lock("shared");

        using (shared.EnterScope())
        {
            Assert.True(gate.TryEnter(s_range, out ReaderScope tried));
            tried.Dispose();
            passing.Enter(s_range).Dispose();
        }

        Invalidate(() => TakeAndLeave(shared));

        Silent();
    }

    [Fact]
    public void Waiting_for_an_invalidation_that_waits_for_oneself_is_reported()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession other));
        other.Dispose();

        using (gate.Enter())
        {
            Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            Assert.Throws<InvalidOperationException>(() => session.Wait(TimeSpan.FromTicks(1))); // told by the session, and by the validator
            session.BackOff();
        }

        Reported(LockViolationKind.Recursion, "gate readers");
    }

    [Fact]
    public void Scheduling_while_inside_and_waiting_after_leaving_is_silent()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        InvalidationSession session;

        using (gate.Enter())
        {
            Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out session));
            Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        }

        Assert.Equal(InvalidationOutcome.Completed, session.Wait(TimeSpan.FromSeconds(90)));
        session.Commit();
        Silent();
    }

    [Fact]
    public void Parking_at_a_second_gate_of_the_same_owner_is_reported()
    {
        ReaderGate first = new(_notifier, s_range, "first");
        ReaderGate second = new(_notifier, s_range, "second");
        Invalidate(static () => { });

        using (first.Enter())
        {
            second.Enter().Dispose();
        }

        Reported(LockViolationKind.CircularDependency, "gate first", "fence pool sessions");
    }

    [Fact]
    public void Trying_the_second_gate_is_silent()
    {
        ReaderGate first = new(_notifier, s_range, "first");
        ReaderGate second = new(_notifier, s_range, "second");
        Invalidate(static () => { });

        using (first.Enter())
        {
            Assert.True(second.TryEnter(s_range, out ReaderScope scope));
            scope.Dispose();
        }

        Silent();
    }

    [Fact]
    public async Task Awaiting_a_lease_under_a_lock_that_the_owner_takes_while_it_unmaps_is_reported()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        TrackedLock shared = Lock("shared");

        await EnterUnder(shared, gate);
        Invalidate(() => TakeAndLeave(shared));

        Reported(LockViolationKind.CircularDependency, "fence pool sessions", "shared");
    }

    [Fact]
    public async Task What_is_done_with_a_lease_is_on_the_way_to_its_end_where_it_says_so()
    {
        ReaderGate gate = new(_notifier, s_range, "readers");
        using ReaderLease lease = await gate.EnterAsync(s_range);

        FenceContract.MightAllocate();
        Silent();
        using (lease.BeginSignaling())
        {
            FenceContract.MightAllocate();
        }

        Reported(LockViolationKind.CircularDependency, "gate readers", "memory reclaim");
    }

    // Not an async method: the lock is left on this thread before anything is awaited.
    private static ValueTask EnterUnder(TrackedLock shared, ReaderGate gate)
    {
        using (shared.EnterScope())
        {
            return new ValueTask(Leave(gate.EnterAsync(s_range)));
        }

        static async Task Leave(ValueTask<ReaderLease> entering) => (await entering).Dispose();
    }

    private void Invalidate(Action unmap) =>
        Assert.Equal(
            InvalidationOutcome.Completed,
            _notifier.Invalidate(s_range, InvalidationReason.Unmap, unmap, static (action, _) => action(), static (_, _) => { }, TimeSpan.FromSeconds(90)));
}
