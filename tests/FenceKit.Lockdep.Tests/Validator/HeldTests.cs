// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Validator;

public sealed class HeldTests
{
    private readonly Bench _bench = new();

    private LockValidator Validator => _bench.Validator;

    [Fact]
    public void Locks_may_be_released_in_any_order()
    {
        Validator.Acquire(_bench["A"]);
        Validator.Acquire(_bench["B"]);
        Validator.Acquire(_bench["C"]);
        Validator.Release(_bench["A"]);
        Validator.Acquire(_bench["D"]);
        Validator.Release(_bench["C"]);
        Validator.Release(_bench["B"]);
        Validator.Release(_bench["D"]);
        Assert.Empty(_bench.Reports);
        Assert.Equal(["A -> B", "B -> C", "C -> D"], Validator.GetDependencies().Select(static edge => edge.ToString()));
        Validator.AssertNoneHeld();
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Releasing_what_is_not_held_is_reported_and_changes_nothing()
    {
        Validator.Acquire(_bench["A"]);
        Validator.Release(_bench["B"]);
        _bench.Single(LockViolationKind.NotHeld);
        Assert.True(Validator.IsHeld(_bench["A"]));
    }

    [Fact]
    public void Another_threads_lock_is_not_held_here()
    {
        Validator.Acquire(_bench["A"]);
        Bench.OnNewThread(() =>
        {
            Assert.False(Validator.IsHeld(_bench["A"]));
            Validator.Release(_bench["A"]);
        });
        _bench.Single(LockViolationKind.NotHeld);
        Assert.True(Validator.IsHeld(_bench["A"]));
    }

    [Fact]
    public void Asserts_say_what_is_wrong()
    {
        Validator.AssertHeld(_bench["A"]);
        Assert.Equal(LockViolationKind.NotHeld, _bench.Reports[^1].Kind);
        Validator.Acquire(_bench["A"], new LockAcquireOptions { Mode = LockAcquireMode.Shared });
        Validator.AssertHeld(_bench["A"], LockAcquireMode.Exclusive);
        Assert.Equal(LockViolationKind.WrongMode, _bench.Reports[^1].Kind);
        Validator.AssertNotHeld(_bench["A"]);
        Assert.Equal(LockViolationKind.UnexpectedlyHeld, _bench.Reports[^1].Kind);
        Validator.AssertNoneHeld();
        Assert.Equal(LockViolationKind.UnexpectedlyHeld, _bench.Reports[^1].Kind);
        Assert.Equal(4, _bench.Reports.Count);
    }

    [Fact]
    public void Asserts_that_hold_say_nothing()
    {
        Validator.AssertNoneHeld();
        Validator.AssertNotHeld(_bench["A"]);
        Validator.Acquire(_bench["A"]);
        Validator.AssertHeld(_bench["A"]);
        Validator.AssertHeld(_bench["A"], LockAcquireMode.Exclusive);
        Assert.True(Validator.IsHeld(_bench["A"], LockAcquireMode.Exclusive));
        Assert.False(Validator.IsHeld(_bench["A"], LockAcquireMode.Shared));
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_pinned_lock_must_not_be_released()
    {
        Validator.Acquire(_bench["A"]);
        LockSectionScope pin = Validator.Pin(_bench["A"]);
        Validator.Release(_bench["A"]);
        _bench.Single(LockViolationKind.PinBroken);
        Assert.False(Validator.IsHeld(_bench["A"]));
        Validator.Acquire(_bench["A"]);
        pin.Dispose();
        Assert.Equal(2, _bench.Reports.Count);
        Assert.Equal(LockViolationKind.PinBroken, _bench.Reports[^1].Kind);
    }

    [Fact]
    public void What_is_only_waited_for_under_a_pin_is_not_held_afterwards()
    {
        LockMap pinned = _bench["A"];
        using var permits = new TrackedSemaphore(LockClass.Create("S"), 1, "S", _bench.Validator);
        _bench.Validator.Acquire(pinned);
        using (_bench.Validator.Pin(pinned))
        {
            _bench.Validator.Wait(_bench["F"]);
            _bench.Validator.Await(_bench["G"]);
            _bench.Validator.MightAcquire(_bench["H"]);
            _bench.Validator.Wait(LockClass.Create("event"), new object(), null);
            _ = permits.WaitAsync(); // begun, and not awaited
            Assert.Equal(["A"], _bench.Validator.GetHeldLocks().Select(static held => held.ClassName));
        }

        _bench.Validator.Release(pinned);
        Assert.Empty(_bench.Validator.GetHeldLocks());
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Pins_nest_and_each_is_undone_once()
    {
        Validator.Acquire(_bench["A"]);
        LockSectionScope outer = Validator.Pin(_bench["A"]);
        LockSectionScope inner = Validator.Pin(_bench["A"]);
        LockSectionScope copy = inner;
        inner.Dispose();
        inner.Dispose();
        outer.Dispose();
        Validator.Release(_bench["A"]);
        Assert.Empty(_bench.Reports);
        Validator.Acquire(_bench["A"]);
        copy.Dispose();
        _bench.Single(LockViolationKind.PinBroken);
    }

    [Fact]
    public void A_downgrade_changes_what_follows()
    {
        Validator.Acquire(_bench["A"]);
        Validator.Downgrade(_bench["A"]);
        Assert.True(Validator.IsHeld(_bench["A"], LockAcquireMode.Shared));
        Validator.Acquire(_bench["B"]);
        Assert.Equal(LockDependencyKinds.SharedToQueued, Assert.Single(Validator.GetDependencies()).Kinds);
        Assert.Empty(_bench.Reports);
        Validator.Downgrade(_bench["A"]);
        _bench.Single(LockViolationKind.WrongMode);
    }

    [Fact]
    public void A_change_of_class_while_held_judges_again_what_lies_above()
    {
        _bench.Nest("C", "D");
        Validator.Acquire(_bench["D"]);
        Validator.Acquire(_bench["E"]);
        Assert.Empty(_bench.Reports);
        Validator.ChangeClass(_bench["E"], _bench.Class("C"));
        Assert.Equal(["C", "D"], _bench.Single(LockViolationKind.CircularDependency).ClassNames.Order());
        Validator.Release(_bench["E"]);
        Validator.Release(_bench["D"]);
        Validator.AssertNoneHeld();
        Assert.Single(_bench.Reports);
    }

    [Fact]
    public void A_lock_that_starts_anew_while_held_is_reported_and_let_go()
    {
        Validator.Acquire(_bench["A"]);
        Validator.Reinitialize(_bench["A"]);
        _bench.Single(LockViolationKind.ReinitializedWhileHeld);
        Assert.False(Validator.IsHeld(_bench["A"]));
        Validator.Acquire(_bench["A"]);
        Validator.Retire(_bench["A"]);
        Assert.Equal(2, _bench.Reports.Count);
    }

    [Fact]
    public void A_thread_that_ends_with_locks_is_found_once()
    {
        Bench.OnNewThread(() =>
        {
            Validator.Acquire(_bench["A"]);
            Validator.Acquire(_bench["B"]);
        });
        Assert.Equal(1, Validator.CheckEndedThreads());
        LockViolation report = _bench.Single(LockViolationKind.HeldAtThreadEnd);
        Assert.Equal(["A", "B"], report.HeldLocks.Select(static held => held.ClassName));
        Assert.Equal(0, Validator.CheckEndedThreads());
        Assert.Single(_bench.Reports);
    }

    [Fact]
    public void A_class_that_goes_away_leaves_the_order_through_it()
    {
        _bench.Nest("A", "B");
        _bench.Nest("B", "C");
        Validator.Forget(_bench.Class("B"));
        Assert.Equal(["A -> C"], Validator.GetDependencies().Select(static edge => edge.ToString()));
        _bench.Nest("C", "A");
        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Contains(report.Dependencies, static edge => edge.Origin is { } origin && origin.Contains('B', StringComparison.Ordinal));
        Validator.CheckInvariants();
    }

    [Fact]
    public void A_suppressed_scope_keeps_its_reason_and_adds_nothing()
    {
        _bench.Nest("A", "B");
        using (Validator.Suppress("known since the beginning"))
        {
            _bench.Nest("B", "A");
            Validator.AssertHeld(_bench["A"]);
        }

        Assert.Empty(_bench.Reports);
        Assert.Equal(1, Validator.Suppressions["known since the beginning"]);
        Assert.Equal(["A -> B"], Validator.GetDependencies().Select(static edge => edge.ToString()));
        Assert.True(Validator.Statistics.UnjudgedAcquisitions >= 2);
        _bench.Nest("B", "A");
        _bench.Single(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void A_lock_taken_in_a_suppressed_scope_is_held_afterwards()
    {
        using (Validator.Suppress("set-up"))
        {
            Validator.Acquire(_bench["A"]);
        }

        Assert.True(Validator.IsHeld(_bench["A"]));
        Validator.Acquire(_bench["B"]);
        Validator.Release(_bench["A"]);
        Validator.Release(_bench["B"]);
        Assert.Empty(Validator.GetDependencies());
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_class_without_validation_is_held_and_adds_nothing()
    {
        LockClass quiet = LockClass.Create("Q", new LockClassOptions { SkipValidation = true });
        var map = new LockMap(quiet);
        Validator.Acquire(_bench["A"]);
        Validator.Acquire(map);
        Validator.Acquire(_bench["B"]);
        Assert.True(Validator.IsHeld(map));
        Assert.Equal(["A -> B"], Validator.GetDependencies().Select(static edge => edge.ToString()));
    }
}
