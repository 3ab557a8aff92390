// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Locks;

/// <summary>What users can say of several locks of one class, and of monitors that are pulsed.</summary>
public sealed class SameClassTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void Levels_of_a_hierarchy_and_an_outer_lock_that_serializes_are_said_where_a_lock_is_entered()
    {
        TrackedLock table = new(_bench.Class("table"), "table", _bench.Validator);
        TrackedLock one = new(_bench.Class("node"), "1", _bench.Validator);
        TrackedLock two = new(_bench.Class("node"), "2", _bench.Validator);
        using (one.EnterScope())
        using (two.EnterScope(new LockAcquireOptions { Subclass = 1 }))
        {
        }

        TrackedLock third = new(_bench.Class("row"), "3", _bench.Validator);
        TrackedLock fourth = new(_bench.Class("row"), "4", _bench.Validator);
        foreach (TrackedLock[] order in (TrackedLock[][])[[third, fourth], [fourth, third]])
        {
            using (table.EnterScope())
            {
                order[0].Enter(new LockAcquireOptions { NestedIn = table.Map });
                order[1].Enter(new LockAcquireOptions { NestedIn = table.Map });
                order[1].Exit();
                order[0].Exit();
            }
        }

        Assert.All([one, two, third, fourth], static free => Assert.False(free.IsHeldByCurrentThread));
        _bench.Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
        Assert.Throws<ArgumentException>(() => one.Enter(new LockAcquireOptions { Attempt = LockAttempt.Try }));
        Assert.Throws<ArgumentException>(() => one.Enter(new LockAcquireOptions { Mode = LockAcquireMode.Shared }));
    }

    [Fact]
    public void Reader_writer_locks_take_the_same()
    {
        using TrackedReaderWriterLock one = new(_bench.Class("node"), "1", _bench.Validator);
        using TrackedReaderWriterLock two = new(_bench.Class("node"), "2", _bench.Validator);
        one.EnterReadLock();
        two.EnterReadLock(new LockAcquireOptions { Subclass = 1 });
        two.ExitReadLock();
        two.EnterWriteLock(new LockAcquireOptions { Subclass = 1 });
        two.ExitWriteLock();
        two.EnterUpgradeableReadLock(new LockAcquireOptions { Subclass = 1 });
        Assert.True(_bench.Validator.IsHeld(two.Map!, LockAcquireMode.Upgradeable));
        two.ExitUpgradeableReadLock();
        one.ExitReadLock();
        Assert.Empty(_bench.Reports);
        Assert.Throws<ArgumentException>(() => one.EnterReadLock(new LockAcquireOptions { Attempt = LockAttempt.Timed }));
    }

    [Fact]
    public void A_reader_writer_lock_with_recursion_may_be_entered_again_and_still_queues_behind_writers()
    {
        using TrackedReaderWriterLock one = new(_bench.Class("RW"), "1", _bench.Validator, LockRecursionPolicy.SupportsRecursion);
        using TrackedReaderWriterLock two = new(_bench.Class("RW"), "2", _bench.Validator, LockRecursionPolicy.SupportsRecursion);
        one.EnterReadLock();
        one.EnterReadLock();
        one.ExitReadLock();
        one.ExitReadLock();
        one.EnterWriteLock();
        one.EnterWriteLock();
        one.EnterReadLock();
        one.ExitReadLock();
        one.ExitWriteLock();
        one.ExitWriteLock();
        Assert.Empty(_bench.Reports);
        _bench.Validator.AssertNoneHeld();
        one.EnterReadLock();
        two.EnterReadLock(); // another one: nobody lets it pass the writers
        two.ExitReadLock();
        one.ExitReadLock();
        Assert.Equal(LockConfidence.Possible, _bench.Single(LockViolationKind.Recursion).Confidence);
    }

    [Fact]
    public void A_declared_order_compares_the_users_objects()
    {
        LockClassOptions byNumber = new() { Order = static (left, right) => ((Account)left).Number - ((Account)right).Number };
        LockClass lockClass = LockClass.Create("account", byNumber);
        Account first = new(1, lockClass, _bench.Validator);
        Account second = new(2, lockClass, _bench.Validator);
        using (first.Lock.EnterScope())
        using (second.Lock.EnterScope())
        {
        }

        first.Shared.EnterReadLock();
        second.Shared.EnterReadLock();
        second.Shared.ExitReadLock();
        first.Shared.ExitReadLock();
        Assert.Same(first, first.Lock.Map!.Owner);
        Assert.Empty(_bench.Reports);
        using (second.Lock.EnterScope())
        using (first.Lock.EnterScope())
        {
        }

        Assert.Contains("declared order", Assert.Single(_bench.Reports).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_of_three_locks_of_one_class_is_a_circular_dependency()
    {
        _bench.Nest("A1", "A2");
        Assert.Equal(LockConfidence.Possible, _bench.Single(LockViolationKind.Recursion).Confidence);
        _bench.Nest("A2", "A3");
        _bench.Nest("A3", "A1");
        LockViolation circle = Assert.Single(_bench.Reports, static report => report.Kind == LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, circle.Confidence);
        Assert.Equal(3, circle.Dependencies.Count);
        Assert.DoesNotContain(_bench.Reports, static report => report is { Kind: LockViolationKind.Recursion, Confidence: LockConfidence.Certain });
    }

    [Fact]
    public void Waiting_for_a_pulse_under_a_lock_that_whoever_pulses_takes_first_is_found()
    {
        LockClass queue = _bench.Class("queue");
        object target = new();
        TrackedLock table = new(_bench.Class("table"), "table", _bench.Validator);
        using (table.EnterScope())
        using (TrackedMonitor.EnterScope(target, queue, null, _bench.Validator))
        {
            TrackedMonitor.Pulse(target, queue, null, _bench.Validator);
            TrackedMonitor.PulseAll(target, queue, null, _bench.Validator);
        }

        Assert.Empty(_bench.Reports);
        using Timer wakes = new(_ => Wake(target), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(5)); // bare: nobody sees it
        using (table.EnterScope())
        using (TrackedMonitor.EnterScope(target, queue, null, _bench.Validator))
        {
            TrackedMonitor.Wait(target, queue, null, _bench.Validator);
        }

        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Possible, report.Confidence); // somebody else may pulse as well
        Assert.Contains("queue pulse", report.ClassNames);
        Assert.Contains("table", report.ClassNames);
    }

    [Fact]
    public void A_pulse_under_nothing_but_its_monitor_teaches_nothing()
    {
        LockClass queue = _bench.Class("queue");
        object target = new();
        using (TrackedMonitor.EnterScope(target, queue, null, _bench.Validator))
        {
            TrackedMonitor.Pulse(target, queue, null, _bench.Validator);
        }

        Assert.Empty(_bench.Validator.GetDependencies());
        Assert.Throws<SynchronizationLockException>(() => TrackedMonitor.Pulse(target, queue, null, _bench.Validator));
    }

    [Fact]
    public void A_monitor_of_a_plain_class_lets_its_holder_in_again()
    {
        LockClass queue = _bench.Class("queue");
        object target = new();
        using (TrackedMonitor.EnterScope(target, queue, null, _bench.Validator))
        using (TrackedMonitor.EnterScope(target, queue, null, _bench.Validator))
        {
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_context_with_announced_points_interrupts_there_and_nowhere_else()
    {
        InterruptingContext inline = _bench.Validator.DefineContext("inline continuation", isAnnounced: true);
        using (_bench.Validator.EnterContext(inline))
        {
            _bench.Nest("A");
        }

        _bench.Nest("A");
        _bench.Validator.MightInterrupt(inline); // nothing is held
        Assert.Empty(_bench.Reports);
        using (_bench.Validator.MaskContext(inline))
        {
            _bench.Validator.Acquire(_bench["A"]);
            _bench.Validator.MightInterrupt(inline); // completed with continuations elsewhere
            _bench.Validator.Release(_bench["A"]);
        }

        Assert.Empty(_bench.Reports);
        _bench.Validator.Acquire(_bench["A"]);
        _bench.Validator.MightInterrupt(inline);
        _bench.Validator.Release(_bench["A"]);
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.ContextInversion).Confidence);
        Assert.Throws<ArgumentException>(() => _bench.Validator.MightInterrupt(_bench.Validator.DefineContext("anywhere")));
    }

    private static void Wake(object target)
    {
        lock (target)
        {
            Monitor.PulseAll(target);
        }
    }

    private sealed class Account(int number, LockClass lockClass, LockValidator validator)
    {
        public int Number { get; } = number;

        public TrackedLock Lock => field ??= new TrackedLock(lockClass, null, validator, owner: this);

        public TrackedReaderWriterLock Shared => field ??= new TrackedReaderWriterLock(lockClass, null, validator, owner: this);
    }
}
