// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Validator;

public sealed class AcquireTests
{
    private readonly Bench _bench = new();

    [Fact]
    public void The_same_cycle_is_reported_once()
    {
        for (int i = 0; i < 3; i++)
        {
            _bench.Nest("A", "B");
            _bench.Nest("B", "A");
        }

        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_cycle_of_classes_is_possible_then_likely_then_certain()
    {
        _bench.Nest("A1", "B1");
        _bench.Nest("B2", "A2");
        Assert.Equal(LockConfidence.Possible, _bench.Reports[^1].Confidence);

        _bench.Nest("B1", "A2");
        Assert.Equal(LockConfidence.Likely, _bench.Reports[^1].Confidence);
        Assert.Equal(LockConfidence.Possible, _bench.Reports[^1].RaisedFrom);

        _bench.Nest("B1", "A1");
        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);
        Assert.Equal(3, _bench.Reports.Count);
    }

    [Fact]
    public void Classes_that_nobody_declared_are_not_reported_on_classes_alone()
    {
        LockClass a = LockClass.Infer("a");
        LockClass b = LockClass.Infer("b");
        (LockMap a1, LockMap a2, LockMap b1, LockMap b2) = (new(a), new(a), new(b), new(b));
        Take(a1, b1);
        Take(b2, a2);
        Assert.Empty(_bench.Reports);
        Assert.Equal(1, _bench.Validator.Statistics.ReportsBelowThreshold);

        Take(b1, a1);
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);

        void Take(LockMap first, LockMap second)
        {
            _bench.Validator.Acquire(first);
            _bench.Validator.Acquire(second);
            _bench.Validator.Release(second);
            _bench.Validator.Release(first);
        }
    }

    [Fact]
    public void The_smallest_cycle_is_shown()
    {
        _bench.Nest("A1", "B1");
        _bench.Nest("B2", "C1");
        _bench.Nest("C2", "D1");
        _bench.Nest("B3", "D2");
        _bench.Nest("D3", "A2");
        Assert.Equal(["D", "A", "B"], _bench.Single(LockViolationKind.CircularDependency).Dependencies.Select(static edge => edge.Held.ClassName));
    }

    [Fact]
    public void A_common_guard_makes_a_cycle_only_possible()
    {
        _bench.Nest("G", "A", "B");
        _bench.Nest("G", "B", "A");
        Assert.Equal(LockConfidence.Possible, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_try_leads_into_nothing_but_is_held_afterwards()
    {
        _bench.Nest("B", "A");
        _bench.Validator.Acquire(_bench["A"]);
        _bench.Validator.Acquire(_bench["B"], new LockAcquireOptions { Attempt = LockAttempt.Try });
        Assert.Empty(_bench.Reports);
        _bench.Validator.Acquire(_bench["C"]);
        Assert.Equal(["A -> C", "B -> A", "B -> C"], _bench.Validator.GetDependencies().Select(static edge => edge.ToString()));
    }

    [Fact]
    public void A_limited_wait_in_a_cycle_is_never_more_than_possible()
    {
        _bench.Nest("A", "B");
        _bench.Validator.Acquire(_bench["B"]);
        _bench.Validator.Acquire(_bench["A"], new LockAcquireOptions { Attempt = LockAttempt.Timed });
        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Possible, report.Confidence);
        Assert.Contains("time limit", report.Assumption, StringComparison.Ordinal);
    }

    [Fact]
    public void A_declared_order_allows_nesting_one_way_and_reports_the_other()
    {
        LockClass ordered = LockClass.Create("Account", new LockClassOptions { Order = static (x, y) => string.CompareOrdinal(x.ToString(), y.ToString()) });
        (LockMap one, LockMap two) = (new(ordered, "1"), new(ordered, "2"));
        _bench.Validator.Acquire(one);
        _bench.Validator.Acquire(two);
        _bench.Validator.Release(two);
        _bench.Validator.Release(one);
        Assert.Empty(_bench.Reports);

        _bench.Validator.Acquire(two);
        _bench.Validator.Acquire(one);
        LockViolation report = _bench.Single(LockViolationKind.Recursion);
        Assert.Contains("compares as", report.Message, StringComparison.Ordinal);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
    }

    [Fact]
    public void Equal_in_a_declared_order_is_reported()
    {
        LockClass ordered = LockClass.Create("Account", new LockClassOptions { Order = static (_, _) => 0 });
        _bench.Validator.Acquire(new LockMap(ordered));
        _bench.Validator.Acquire(new LockMap(ordered));
        _bench.Single(LockViolationKind.Recursion);
    }

    [Fact]
    public void A_third_class_between_two_ordered_locks_is_a_cycle()
    {
        LockClass ordered = LockClass.Create("X", new LockClassOptions { Order = static (_, _) => -1 });
        (LockMap x1, LockMap x2) = (new(ordered), new(ordered));
        _bench.Validator.Acquire(x1);
        _bench.Validator.Acquire(_bench["A"]);
        _bench.Validator.Acquire(x2);
        Assert.Equal(["A", "X"], _bench.Single(LockViolationKind.CircularDependency).ClassNames.Order());
    }

    [Fact]
    public void Subclasses_are_different_nodes_but_the_instances_are_still_watched()
    {
        Nested("X1", "X2");
        Nested("X1", "X2");
        Assert.Empty(_bench.Reports);
        Nested("X2", "X1");
        Assert.Equal(LockConfidence.Certain, Assert.Single(_bench.Reports).Confidence);

        void Nested(string first, string second)
        {
            _bench.Validator.Acquire(_bench[first]);
            _bench.Validator.Acquire(_bench[second], new LockAcquireOptions { Subclass = 1 });
            _bench.Validator.Release(_bench[second]);
            _bench.Validator.Release(_bench[first]);
        }
    }

    [Fact]
    public void Many_locks_of_a_class_may_nest_in_one_that_serializes_them()
    {
        _bench.Validator.Acquire(_bench["O"]);
        for (int i = 0; i < 100; i++)
        {
            _bench.Validator.Acquire(new LockMap(_bench.Class("X")), new LockAcquireOptions { NestedIn = _bench["O"] });
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_reentrant_lock_may_be_taken_again_and_adds_no_order()
    {
        var map = new LockMap(LockClass.Create("R"), "r") { IsReentrant = true };
        _bench.Validator.Acquire(map);
        _bench.Validator.Acquire(map);
        _bench.Validator.Release(map);
        Assert.True(_bench.Validator.IsHeld(map));
        _bench.Validator.Release(map);
        Assert.False(_bench.Validator.IsHeld(map));
        Assert.Empty(_bench.Reports);
        Assert.Empty(_bench.Validator.GetDependencies());
    }

    [Fact]
    public void A_reentrant_class_still_reports_another_instance()
    {
        LockClass reentrant = LockClass.Create("R", new LockClassOptions { IsReentrant = true });
        (object one, object two) = (new(), new());
        _bench.Validator.Acquire(reentrant, one, null);
        _bench.Validator.Acquire(reentrant, one, null);
        Assert.Empty(_bench.Reports);
        _bench.Validator.Acquire(reentrant, two, null);
        _bench.Single(LockViolationKind.Recursion);
    }

    [Fact]
    public void What_might_be_taken_is_judged_and_not_held()
    {
        _bench.Nest("A", "B");
        _bench.Validator.Acquire(_bench["B"]);
        _bench.Validator.MightAcquire(_bench["A"]);
        _bench.Single(LockViolationKind.CircularDependency);
        Assert.False(_bench.Validator.IsHeld(_bench["A"]));
    }

    [Fact]
    public void A_lock_held_over_a_wait_and_taken_on_the_way_to_the_signal_is_a_cycle()
    {
        LockMap fence = _bench["Fence"];
        _bench.Validator.Acquire(_bench["A"]);
        _bench.Validator.Wait(fence);
        _bench.Validator.Release(_bench["A"]);
        Assert.False(_bench.Validator.IsHeld(fence));

        _bench.Validator.Acquire(fence, new LockAcquireOptions { Mode = LockAcquireMode.Shared });
        _bench.Validator.Acquire(_bench["A"]);
        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Equal(["A", "Fence"], report.ClassNames.Order());
    }

    [Fact]
    public void A_try_on_the_way_to_the_signal_is_no_cycle()
    {
        _bench.Validator.Acquire(_bench["A"]);
        _bench.Validator.Wait(_bench["Fence"]);
        _bench.Validator.Release(_bench["A"]);
        _bench.Validator.Acquire(_bench["Fence"], new LockAcquireOptions { Mode = LockAcquireMode.Shared });
        _bench.Validator.Acquire(_bench["A"], new LockAcquireOptions { Attempt = LockAttempt.Try });
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void A_ring_over_a_semaphore_needs_all_of_its_permits()
    {
        var permits = new LockMap(LockClass.Create("S"), "s", capacity: 2);
        Take(permits, _bench["A"]);
        Take(_bench["A"], permits);
        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Equal(3, report.Interleaving.DistinctBy(static step => step.Thread).Count());

        void Take(LockMap first, LockMap second)
        {
            _bench.Validator.Acquire(first);
            _bench.Validator.Acquire(second);
            _bench.Validator.Release(second);
            _bench.Validator.Release(first);
        }
    }

    [Fact]
    public void Taking_a_lock_twice_is_told_each_time_because_it_hangs_each_time()
    {
        for (int i = 0; i < 3; i++)
        {
            _bench.Nest("A", "A");
        }

        Assert.Equal(3, _bench.Reports.Count);
        Assert.All(_bench.Reports, static report => Assert.Equal(LockConfidence.Certain, report.Confidence));
    }
}
