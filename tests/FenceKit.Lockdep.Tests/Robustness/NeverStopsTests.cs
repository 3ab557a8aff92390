// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Robustness;

/// <summary>Nothing switches the validator off, and what it leaves out it counts.</summary>
[Collection(Alone.Name)]
public sealed class NeverStopsTests
{
    [Fact]
    public void A_million_short_lived_locks_do_not_grow_memory()
    {
        var bench = new Bench();
        LockClass shortLived = bench.Class("S");
        Run(50_000);
        LockValidatorStatistics before = bench.Validator.Statistics;
        long bytes = GC.GetTotalMemory(forceFullCollection: true);
        Run(1_000_000);
        LockValidatorStatistics after = bench.Validator.Statistics;
        long grown = GC.GetTotalMemory(forceFullCollection: true) - bytes;

        Assert.Equal(before with { InstancesNotKept = after.InstancesNotKept }, after);
        Assert.True(grown < 1_000_000, $"{grown} bytes more for a million locks");
        Assert.Empty(bench.Reports);

        // And it still sees what matters.
        var last = new LockMap(shortLived);
        bench.Validator.Acquire(last);
        bench.Validator.Acquire(bench["Outer"]);
        bench.Single(LockViolationKind.CircularDependency);

        void Run(int count)
        {
            LockMap outer = bench["Outer"];
            for (int i = 0; i < count; i++)
            {
                var map = new LockMap(shortLived);
                bench.Validator.Acquire(outer);
                bench.Validator.Acquire(map);
                bench.Validator.Release(map);
                bench.Validator.Release(outer);
            }
        }
    }

    [Fact]
    public void Ten_thousand_classes_in_one_chain_end_in_one_cycle()
    {
        var bench = new Bench();
        LockMap[] maps = [.. Enumerable.Range(0, 10_000).Select(static i => new LockMap(LockClass.Create($"c{i}")))];
        for (int i = 1; i < maps.Length; i++)
        {
            Take(bench.Validator, maps[i - 1], maps[i]);
        }

        Assert.Empty(bench.Reports);
        Assert.Equal(9999, bench.Validator.Statistics.Dependencies);
        Take(bench.Validator, maps[^1], maps[0]);
        Assert.Equal(10_000, bench.Single(LockViolationKind.CircularDependency).Dependencies.Count);
    }

    [Fact]
    public void A_hundred_locks_can_be_held_at_once()
    {
        var bench = new Bench();
        LockMap[] maps = [.. Enumerable.Range(0, 100).Select(static i => new LockMap(LockClass.Create($"c{i}")))];
        for (int round = 0; round < 2; round++)
        {
            foreach (LockMap map in maps)
            {
                bench.Validator.Acquire(map);
            }

            foreach (LockMap map in round == 0 ? maps : maps.Reverse())
            {
                bench.Validator.Release(map);
            }
        }

        bench.Validator.AssertNoneHeld();
        Assert.Empty(bench.Reports);
        Take(bench.Validator, maps[99], maps[0]);
        bench.Single(LockViolationKind.CircularDependency);
    }

    [Fact]
    public void A_sink_may_take_tracked_locks_itself()
    {
        LockValidator? validator = null;
        (LockMap a, LockMap b) = (new(LockClass.Create("A")), new(LockClass.Create("B")));
        int reports = 0;
        var sink = LockViolationSink.ToCallback(_ =>
        {
            reports++;
            // The worst there is: the very locks of the cycle, in the bad order.
            Take(validator!, a, b);
            Take(validator!, b, a);
        });
        validator = new LockValidator(new LockValidatorOptions { Sinks = [sink] });
        Take(validator, a, b);
        Take(validator, b, a);
        Assert.Equal(1, reports);
        validator.AssertNoneHeld();
        Assert.Equal(1, reports);
    }

    [Fact]
    public void A_sink_that_misuses_a_lock_does_not_call_itself()
    {
        LockValidator? validator = null;
        int reports = 0;
        validator = new LockValidator(new LockValidatorOptions
        {
            Sinks = [LockViolationSink.ToCallback(_ =>
            {
                reports++;
                validator!.Release(new object());
            })],
        });
        validator.Release(new object());
        Assert.Equal(1, reports);
        Assert.Equal(1, validator.Statistics.UnjudgedAcquisitions);
    }

    [Fact]
    public void A_lock_may_keep_its_holder_and_let_go_through_it()
    {
        var bench = new Bench();
        LockHolder holder = bench.Validator.Acquire(bench["A"]);
        Assert.Throws<ArgumentNullException>("map", () => holder.Release(null!));
        Assert.True(bench.Validator.IsHeld(bench["A"]));
        holder.Release(bench["A"]);
        Assert.False(bench.Validator.IsHeld(bench["A"]));
        holder.Release(bench["A"]);
        bench.Single(LockViolationKind.NotHeld);
    }

    [Fact]
    public void What_was_forgotten_is_judged_anew_by_a_thread_that_knows_it_by_heart()
    {
        var bench = new Bench();
        for (int i = 0; i < 3; i++)
        {
            bench.Nest("A", "B");
        }

        bench.Validator.Forget(bench.Class("B"));
        Assert.Empty(bench.Validator.GetDependencies());
        bench.Nest("A", "B");
        Assert.Equal("A -> B", Assert.Single(bench.Validator.GetDependencies()).ToString());
    }

    [Fact]
    public void A_lock_is_judged_anew_when_another_one_than_last_time_is_below_it()
    {
        var bench = new Bench();
        bench.Nest("A", "C");
        bench.Nest("A", "C");
        bench.Nest("B", "C");
        bench.Nest("A", "B", "C");
        bench.Nest("B", "C", "D");
        Assert.Equal(
            ["A -> B", "A -> C", "B -> C", "C -> D"],
            bench.Validator.GetDependencies().Select(static edge => edge.ToString()).Order());
    }

    [Fact]
    public void A_lock_that_was_pinned_or_taken_out_of_the_middle_leaves_nothing_known_behind()
    {
        var bench = new Bench();
        bench.Nest("A", "B", "C");
        bench.Nest("A", "B", "C");
        bench.Validator.Acquire(bench["A"]);
        bench.Validator.Acquire(bench["B"]);
        LockSectionScope pin = bench.Validator.Pin(bench["A"]);
        bench.Validator.Release(bench["B"]);
        pin.Dispose();
        bench.Validator.Acquire(bench["X"]);
        bench.Validator.Acquire(bench["B"]);
        bench.Validator.Release(bench["A"]); // B is now where nothing was ever taken but C
        bench.Validator.Acquire(bench["C"]);
        Assert.Equal(3, bench.Validator.Acquire(bench["Y"]).Depth - 1);
        Assert.Contains("C -> Y", bench.Validator.GetDependencies().Select(static edge => edge.ToString()));
        Assert.Contains("X -> B", bench.Validator.GetDependencies().Select(static edge => edge.ToString()));
        Assert.Empty(bench.Reports);
    }

    [Fact]
    public void A_throwing_sink_leaves_what_is_held_as_before()
    {
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.Throwing] });
        (LockMap a, LockMap b) = (new(LockClass.Create("A")), new(LockClass.Create("B")));
        Take(validator, a, b);
        validator.Acquire(b);
        LockViolationException thrown = Assert.Throws<LockViolationException>(() => validator.Acquire(a));
        Assert.Equal(LockViolationKind.CircularDependency, thrown.Violation.Kind);
        Assert.False(validator.IsHeld(a));
        Assert.True(validator.IsHeld(b));
        validator.Release(b);
        validator.AssertNoneHeld();
    }

    [Fact]
    public void Every_sink_gets_its_report_even_when_one_throws()
    {
        var collected = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [LockViolationSink.Throwing, collected] });
        Assert.Throws<LockViolationException>(() => validator.Release(new object()));
        Assert.Equal(1, collected.Count);
    }

    [Fact]
    public void Eight_threads_that_find_the_same_cycle_report_it_once()
    {
        var bench = new Bench();
        LockMap[] maps = [.. Enumerable.Range(0, 40).Select(static i => new LockMap(LockClass.Create($"c{i}")))];
        using var start = new Barrier(8);
        Thread[] threads =
        [
            .. Enumerable.Range(0, 8).Select(_ => new Thread(() =>
            {
                start.SignalAndWait();
                for (int i = 0; i < maps.Length; i += 2)
                {
                    Take(bench.Validator, maps[i], maps[i + 1]);
                    Take(bench.Validator, maps[i + 1], maps[i]);
                }
            })),
        ];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Equal(20, bench.Reports.Count);
        Assert.Equal(20, bench.Reports.Select(static report => report.Key).Distinct().Count());
        bench.Validator.CheckInvariants();
    }

    [Fact]
    public void Chains_beyond_the_capacity_are_counted_and_still_judged()
    {
        var sink = new CollectingSink();
        var validator = new LockValidator(new LockValidatorOptions { Sinks = [sink], ChainCapacity = 1 });
        (LockMap a, LockMap b) = (new(LockClass.Create("A")), new(LockClass.Create("B")));
        Take(validator, a, b);
        Take(validator, b, a);
        Assert.Equal(LockViolationKind.CircularDependency, Assert.Single(sink.Violations).Kind);
        Assert.True(validator.Statistics.ChainsNotKept > 0);
    }

    [Fact]
    public void A_known_chain_costs_no_bytes()
    {
        var bench = new Bench();
        (LockMap a, LockMap b, LockMap c) = (bench["A"], bench["B"], bench["C"]);
        var shared = new LockAcquireOptions { Mode = LockAcquireMode.Shared };
        object foreign = new();
        LockClass foreignClass = bench.Class("F");
        LockSite site = LockSite.Here();
        for (int i = 0; i < 2000; i++)
        {
            Walk();
        }

        Assert.Equal(0, Allocation.Count(Walk, 1_000));

        void Walk()
        {
            bench.Validator.Acquire(a);
            bench.Validator.Acquire(b, shared);
            bench.Validator.Acquire(foreignClass, foreign, site);
            bench.Validator.Acquire(c);
            bench.Validator.Release(b);
            bench.Validator.Release(c);
            bench.Validator.Release(foreign);
            bench.Validator.Release(a);
        }
    }

    [Fact]
    public void Bad_arguments_are_named_and_change_nothing()
    {
        var bench = new Bench();
        LockValidator validator = bench.Validator;
        Assert.Equal("map", Assert.Throws<ArgumentNullException>(() => validator.Acquire(null!)).ParamName);
        Assert.Equal("instance", Assert.Throws<ArgumentNullException>(() => validator.Release(null!)).ParamName);
        Assert.Equal("subclass", Assert.Throws<ArgumentOutOfRangeException>(
            () => validator.Acquire(bench["A"], new LockAcquireOptions { Subclass = 8 })).ParamName);
        Assert.Equal("mode", Assert.Throws<ArgumentOutOfRangeException>(
            () => validator.Acquire(bench["A"], new LockAcquireOptions { Mode = (LockAcquireMode)9 })).ParamName);
        Assert.Equal("attempt", Assert.Throws<ArgumentOutOfRangeException>(
            () => validator.Acquire(bench["A"], new LockAcquireOptions { Attempt = (LockAttempt)9 })).ParamName);
        Assert.Equal("name", Assert.Throws<ArgumentException>(() => LockClass.Create("a\nb")).ParamName);
        Assert.Equal("capacity", Assert.Throws<ArgumentOutOfRangeException>(() => new LockMap(bench.Class("A"), null, 0)).ParamName);
        Assert.Equal("Sinks", Assert.Throws<ArgumentException>(() => new LockValidator(new LockValidatorOptions { Sinks = [null!] })).ParamName);
        validator.AssertNoneHeld();
        Assert.Empty(bench.Reports);
        Assert.Equal(0, validator.Statistics.Classes);
    }

    private static void Take(LockValidator validator, LockMap first, LockMap second)
    {
        validator.Acquire(first);
        validator.Acquire(second);
        validator.Release(second);
        validator.Release(first);
    }
}
