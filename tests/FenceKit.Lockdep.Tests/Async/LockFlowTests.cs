// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>Flows by name, and what following costs.</summary>
public sealed class LockFlowTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task Flows_by_name_are_followed_without_the_execution_context()
    {
        foreach ((string first, string second) in ((string, string)[])[("A", "B"), ("B", "A")])
        {
            var flow = new LockFlow(first, _bench.Validator);
            using (await _bench[first].LockAsync(flow))
            {
                await AsyncBench.HopAsync();
                using (await _bench[second].LockAsync(flow))
                {
                    Assert.Equal(2, flow.HeldCount);
                }
            }

            Assert.Equal(0, flow.HeldCount);
        }

        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Equal("B", report.Thread);
    }

    [Fact]
    public void What_a_flow_takes_is_taken_under_the_locks_of_the_thread()
    {
        var inner = new TrackedLock(_bench.Class("L"), "L", _bench.Validator);
        var flow = new LockFlow(null, _bench.Validator);
        using (inner.EnterScope())
        {
            _ = _bench["A"].LockAsync(flow); // begun, not awaited
        }

        Assert.Equal(["L -> A"], _bench.Edges);
        Assert.Equal(0, flow.HeldCount);
    }

    [Fact]
    public void A_flow_that_knows_a_lock_by_heart_still_takes_it_under_the_lock_of_the_thread()
    {
        var inner = new TrackedLock(_bench.Class("L"), "L", _bench.Validator);
        var flow = new LockFlow(null, _bench.Validator);
        foreach (bool isUnderLock in (bool[])[false, false, true])
        {
            using (isUnderLock ? inner.EnterScope() : default)
            {
                Take("A", flow).Dispose(); // one place, so that nothing is new the second time
            }
        }

        Assert.Equal(["L -> A"], _bench.Edges);
    }

    [Fact]
    public async Task Semaphores_and_readers_take_flows_as_well()
    {
        var flow = new LockFlow("request", _bench.Validator);
        using var permits = new TrackedSemaphore(_bench.Class("S"), 2, "S", _bench.Validator);
        using var shared = new TrackedAsyncReaderWriterLock(_bench.Class("R"), "R", _bench.Validator);
        Assert.True(await permits.WaitAsync(flow, TimeSpan.Zero));
        using (await shared.ReadLockAsync(flow))
        {
            Assert.Equal(2, flow.HeldCount);
        }

        using (await shared.WriteLockAsync(flow))
        {
        }

        permits.Release(flow);
        Assert.Equal(0, flow.HeldCount);
        Assert.Equal(["S -> R"], _bench.Edges);
        Assert.Throws<ArgumentNullException>("flow", () => permits.Release(null!));
        Assert.Throws<ArgumentNullException>("flow", () => { _ = permits.WaitAsync(null!, TimeSpan.Zero); });
    }

    [Fact]
    public void A_flow_looks_again_when_the_validator_has_forgotten_something()
    {
        var flow = new LockFlow(null, _bench.Validator);
        for (int i = 0; i < 3; i++)
        {
            using (Take("A", flow))
            using (Take("B", flow))
            {
            }

            _bench.Validator.Forget(_bench.Class("B"));
            Assert.Empty(_bench.Edges);
        }
    }

    [Fact]
    public void A_flow_by_name_allocates_nothing_in_the_steady_state()
    {
        var flow = new LockFlow(null, _bench.Validator);
        Assert.Equal(0, BytesOf(() =>
        {
            using (Take("A", flow))
            using (Take("B", flow))
            {
            }
        }));
    }

    [Fact]
    public void A_hold_in_the_execution_context_costs_a_context_and_a_node_and_letting_go_nothing()
    {
        long one = BytesOf(() => Take("A", null).Dispose());
        long two = BytesOf(() =>
        {
            using (Take("A", null))
            using (Take("B", null))
            {
            }
        });
        var bare = new AsyncLocal<object?>();
        object value = new();
        long floor = BytesOf(() =>
        {
            ExecutionContext before = ExecutionContext.Capture()!;
            bare.Value = value;
            ExecutionContext.Restore(before);
        });
        const int Node = 96;
        Assert.InRange(one, floor, floor + Node + 32); // a context with a notification has a list of who wants to know
        Assert.InRange(two, one, 2 * one - 32); // which both contexts share
    }

    [Fact]
    public void Where_the_flow_of_the_context_is_suppressed_a_hold_is_counted_and_not_guessed()
    {
        using var permits = new TrackedSemaphore(_bench.Class("S"), 1, "S", _bench.Validator);
        using (ExecutionContext.SuppressFlow())
        {
            using (Take("A", null))
            using (Take("B", null))
            {
            }

            TakePermit(permits);
        }

        permits.Release();
        Assert.Empty(_bench.Reports);
        Assert.Empty(_bench.Edges);
        Assert.Equal(3, _bench.Validator.Statistics.UnfollowedHolds);
    }

    private static void TakePermit(TrackedSemaphore permits) => Assert.True(permits.WaitAsync().GetResult());

    private LockHold Take(string name, LockFlow? flow)
        => flow is null ? _bench[name].LockAsync().GetResult() : _bench[name].LockAsync(flow).GetResult();

    private static long BytesOf(Action action)
    {
        for (int i = 0; i < 3; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
    }
}
