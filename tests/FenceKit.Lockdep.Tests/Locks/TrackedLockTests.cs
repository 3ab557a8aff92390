// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Locks;

public sealed class TrackedLockTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void A_lock_excludes_other_threads_and_is_held_in_between()
    {
        TrackedLock one = Make("A");
        one.Enter();
        Assert.True(one.IsHeldByCurrentThread);
        Assert.True(_bench.Validator.IsHeld(one.Map!));
        Bench.OnNewThread(() => Assert.False(one.TryEnter()));
        one.Exit();
        Assert.False(_bench.Validator.IsHeld(one.Map!));
        Bench.OnNewThread(() =>
        {
            Assert.True(one.TryEnter());
            one.Exit();
        });
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Opposite_orders_are_reported_with_both_places()
    {
        (TrackedLock a, TrackedLock b) = (Make("A"), Make("B"));
        using (a.EnterScope())
        using (b.EnterScope())
        {
        }

        using (b.EnterScope())
        using (a.EnterScope())
        {
        }

        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.All(report.Dependencies, static edge => Assert.StartsWith("TrackedLockTests.cs:", edge.Wanted.Site!.ToString(), StringComparison.Ordinal));
        Assert.Equal(4, report.Dependencies.SelectMany(static edge => new[] { edge.Held.Site!.Line, edge.Wanted.Site!.Line }).Distinct().Count());
    }

    [Fact]
    public void A_lock_may_be_entered_again()
    {
        TrackedLock one = Make("A");
        using (one.EnterScope())
        using (one.EnterScope())
        {
        }

        Assert.False(one.IsHeldByCurrentThread);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_throwing_sink_keeps_the_lock_free()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.Throwing] });
        (TrackedLock a, TrackedLock b) = (new(LockClass.Create("A"), null, validator), new(LockClass.Create("B"), null, validator));
        using (a.EnterScope())
        using (b.EnterScope())
        {
        }

        b.Enter();
        Assert.Throws<LockViolationException>(() => a.Enter());
        Assert.False(a.IsHeldByCurrentThread);
        b.Exit();
        validator.AssertNoneHeld();
    }

    [Fact]
    public void Leaving_what_is_not_held_throws_as_the_bare_lock_does()
    {
        TrackedLock one = Make("A");
        Assert.Throws<SynchronizationLockException>(() => one.Exit());
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_limited_wait_that_runs_out_leaves_nothing_behind()
    {
        TrackedLock one = Make("A");
        one.Enter();
        Bench.OnNewThread(() =>
        {
            Assert.False(one.TryEnter(TimeSpan.FromMilliseconds(1)));
            _bench.Validator.AssertNoneHeld();
            Assert.Throws<ArgumentOutOfRangeException>(() => one.TryEnter(TimeSpan.FromDays(1000)));
            _bench.Validator.AssertNoneHeld();
        });
        one.Exit();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_scope_disposed_twice_leaves_once()
    {
        TrackedLock one = Make("A");
        one.Enter();
        TrackedLock.Scope scope = one.EnterScope();
        scope.Dispose();
        scope.Dispose();
        Assert.True(one.IsHeldByCurrentThread);
        one.Exit();
    }

    [Fact]
    public void A_steady_lock_costs_no_bytes()
    {
        (TrackedLock a, TrackedLock b) = (Make("A"), Make("B"));
        for (int i = 0; i < 2000; i++)
        {
            Walk();
        }

        Assert.Equal(0, Allocation.Count(Walk, 1_000));

        void Walk()
        {
            using (a.EnterScope())
            using (b.EnterScope())
            {
            }
        }
    }

    [Fact]
    public void A_monitor_of_a_plain_class_lets_its_holder_in_again_without_a_report()
    {
        object target = new();
        LockClass lockClass = LockClass.Create("M");
        for (int i = 0; i < 3; i++)
        {
            using (TrackedMonitor.EnterScope(target, lockClass, null, _bench.Validator))
            using (TrackedMonitor.EnterScope(target, lockClass, null, _bench.Validator))
            {
                Assert.True(TrackedMonitor.TryEnter(target, lockClass, TimeSpan.FromSeconds(1), null, _bench.Validator));
                Assert.True(TrackedMonitor.TryEnter(target, lockClass, TimeSpan.Zero, null, _bench.Validator));
                TrackedMonitor.Exit(target, _bench.Validator);
                TrackedMonitor.Exit(target, _bench.Validator);
            }
        }

        Assert.Empty(_bench.Reports);
        _bench.Validator.AssertNoneHeld();
        Assert.False(Monitor.IsEntered(target));
    }

    [Fact]
    public void A_monitor_of_an_existing_object_is_tracked()
    {
        LockClass lockClass = LockClass.Create("M", new LockClassOptions { IsReentrant = true });
        object target = new();
        using (TrackedMonitor.EnterScope(target, lockClass, null, _bench.Validator))
        using (TrackedMonitor.EnterScope(target, lockClass, null, _bench.Validator))
        {
            Assert.True(Monitor.IsEntered(target));
            Assert.True(_bench.Validator.IsHeld(target));
            Bench.OnNewThread(() => Assert.False(TrackedMonitor.TryEnter(target, lockClass, TimeSpan.Zero, null, _bench.Validator)));
        }

        Assert.False(Monitor.IsEntered(target));
        _bench.Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Waiting_on_a_monitor_with_another_lock_held_is_an_order_from_that_lock()
    {
        LockClass lockClass = LockClass.Create("M");
        object target = new();
        _bench.Validator.Acquire(_bench["Outer"]);
        TrackedMonitor.Enter(target, lockClass, null, _bench.Validator);
        Assert.False(TrackedMonitor.Wait(target, lockClass, TimeSpan.Zero, null, _bench.Validator));
        Assert.True(_bench.Validator.IsHeld(target));
        TrackedMonitor.Exit(target, _bench.Validator);
        Assert.Equal(["Outer -> M", "Outer -> M pulse"], _bench.Validator.GetDependencies().Select(static edge => edge.ToString()));
    }

    [Fact]
    public void A_reader_writer_lock_tells_its_modes()
    {
        using var both = new TrackedReaderWriterLock(LockClass.Create("RW"), null, _bench.Validator);
        both.EnterUpgradeableReadLock();
        both.EnterWriteLock();
        Assert.True(_bench.Validator.IsHeld(both.Map!, LockAcquireMode.Exclusive));
        both.ExitWriteLock();
        Assert.True(_bench.Validator.IsHeld(both.Map!, LockAcquireMode.Upgradeable));
        both.ExitUpgradeableReadLock();
        both.EnterReadLock();
        Assert.True(_bench.Validator.IsHeld(both.Map!, LockAcquireMode.Shared));
        Bench.OnNewThread(() =>
        {
            Assert.False(both.TryEnterWriteLock(TimeSpan.Zero));
            Assert.False(both.TryEnterWriteLock(TimeSpan.FromMilliseconds(1)));
            Assert.True(both.TryEnterReadLock(TimeSpan.Zero));
            both.ExitReadLock();
            _bench.Validator.AssertNoneHeld();
        });
        both.ExitReadLock();
        _bench.Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Reading_twice_is_reported_before_the_lock_refuses_it()
    {
        using var both = new TrackedReaderWriterLock(LockClass.Create("RW"), null, _bench.Validator);
        both.EnterReadLock();
        Assert.Throws<LockRecursionException>(() => both.EnterReadLock());
        both.ExitReadLock();
        _bench.Single(LockViolationKind.Recursion);
        _bench.Validator.AssertNoneHeld();
    }

    [Fact]
    public void A_semaphore_used_as_a_lock_is_one()
    {
        using var one = new TrackedSemaphore(LockClass.Create("S"), 1, null, _bench.Validator);
        TrackedLock a = Make("A");
        one.Wait();
        using (a.EnterScope())
        {
        }

        Assert.Equal(0, one.CurrentCount);
        one.Release();
        a.Enter();
        Assert.True(one.Wait(TimeSpan.Zero));
        one.Release();
        Assert.Empty(_bench.Reports);
        one.Wait();
        one.Release();
        a.Exit();
        _bench.Single(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void A_canceled_wait_for_a_permit_leaves_nothing_behind()
    {
        using var one = new TrackedSemaphore(LockClass.Create("S"), 1, null, _bench.Validator);
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => one.Wait(Timeout.InfiniteTimeSpan, cancellation.Token));
        _bench.Validator.AssertNoneHeld();
        Assert.Throws<SemaphoreFullException>(() => one.Release());
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Three_lines_annotate_a_lock_of_ones_own()
    {
        var spin = new OwnSpinLock(_bench.Validator);
        spin.Enter();
        Assert.True(spin.IsTracked);
        spin.Exit();
        Assert.False(spin.IsTracked);
    }

    private TrackedLock Make(string name) => new(LockClass.Create(name), null, _bench.Validator);

    private sealed class OwnSpinLock(LockValidator validator)
    {
        private readonly LockMap _map = new(LockClass.Create("Own"));
        private int _taken;

        public bool IsTracked => validator.IsHeld(_map);

        public void Enter()
        {
            validator.Acquire(_map);
            while (Interlocked.Exchange(ref _taken, 1) != 0)
            {
                Thread.SpinWait(1);
            }
        }

        public void Exit()
        {
            Volatile.Write(ref _taken, 0);
            validator.Release(_map);
        }
    }
}
