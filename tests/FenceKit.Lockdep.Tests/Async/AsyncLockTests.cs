// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tests.Support;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>Locks that are held over awaits: the held list is that of the flow, whichever thread it runs on.</summary>
public sealed class AsyncLockTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task Two_locks_in_opposite_orders_with_a_change_of_threads_at_each_await_are_a_circle_that_is_certain()
    {
        await HopsAsync("A", "B");
        await HopsAsync("B", "A");
        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Certain, report.Confidence);
        Assert.Equal(["A", "B"], report.ClassNames.Order());
        Assert.All(report.Dependencies, static edge => Assert.NotEmpty(edge.Held.Stack));
        Assert.Contains(report.Dependencies[0].Held.Stack, static frame => frame.EndsWith("AsyncLockTests.HopsAsync", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_order_is_no_finding_and_leaves_one_dependency()
    {
        for (int i = 0; i < 3; i++)
        {
            await HopsAsync("A", "B");
        }

        Assert.Equal(["A -> B"], _bench.Edges);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task What_a_method_takes_that_is_called_is_taken_under_the_locks_of_its_caller()
    {
        using (await _bench["A"].LockAsync())
        {
            await AsyncBench.HopAsync();
            await TakeAsync("B", hops: true);
            await TakeAsync("C", hops: false);
        }

        Assert.Equal(["A -> B", "A -> C"], _bench.Edges);
    }

    [Fact]
    public async Task What_a_method_has_taken_and_let_go_is_not_held_by_its_caller()
    {
        await TakeAsync("A", hops: true);
        await TakeAsync("B", hops: false);
        await TakeAsync("C", hops: true);
        Assert.Empty(_bench.Edges);
    }

    [Fact]
    public async Task Two_calls_side_by_side_do_not_see_each_others_locks()
    {
        await TakeAsync("Z", hops: false); // a flow that has held something before
        await Task.WhenAll(TakeAsync("A", hops: true), TakeAsync("B", hops: true), TakeAsync("C", hops: true));
        Assert.Empty(_bench.Edges);
    }

    [Fact]
    public async Task A_lock_of_the_thread_and_a_lock_of_the_flow_see_each_other()
    {
        var inner = new TrackedLock(_bench.Class("L"), "L", _bench.Validator);
        using (await _bench["A"].LockAsync())
        {
            await AsyncBench.HopAsync();
            using (inner.EnterScope())
            {
                _bench.Validator.AssertHeld(_bench["A"].Map!);
            }
        }

        inner.Enter();
        LockAwaitable<LockHold> wait = _bench["A"].LockAsync(); // begun under the lock, awaited after it
        inner.Exit();
        (await wait).Dispose();
        Assert.Equal(["A -> L", "L -> A"], _bench.Edges);
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
        using (inner.EnterScope())
        {
            Assert.False(_bench.Validator.IsHeld(_bench["A"].Map!));
        }
    }

    [Fact]
    public async Task A_lock_that_its_own_flow_takes_again_is_certain_and_told_before_it_hangs()
    {
        using (await _bench["A"].LockAsync())
        {
            await AsyncBench.HopAsync();
            LockAwaitable<LockHold> second = _bench["A"].LockAsync();
            LockViolation report = _bench.Single(LockViolationKind.Recursion);
            Assert.Equal(LockConfidence.Certain, report.Confidence);
            Assert.False(second.IsCompleted);
        }
    }

    [Fact]
    public async Task A_wait_that_is_canceled_leaves_nothing_held()
    {
        using var cancellation = new CancellationTokenSource();
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LockHold hold = await _bench["A"].LockAsync();
        Task waiting = TrackedTask.Start(WaitAsync, _bench.Validator);
        await cancellation.CancelAsync();
        await canceled.Task;
        hold.Dispose();
        await waiting;
        using (await _bench["C"].LockAsync())
        {
        }

        Assert.Equal(["B -> A"], _bench.Edges);
        Assert.Empty(_bench.Reports);

        async Task WaitAsync()
        {
            using (await _bench["B"].LockAsync())
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _bench["A"].LockAsync(cancellation.Token));
                Assert.False(_bench.Validator.IsHeld(_bench["A"].Map!));
                canceled.SetResult();
            }
        }
    }

    [Fact]
    public async Task A_limited_wait_that_runs_out_holds_nothing_and_a_try_leads_nowhere()
    {
        using (await _bench["A"].LockAsync())
        {
            using LockHold none = await TrackedTaskStart(async () =>
            {
                using (await _bench["B"].LockAsync())
                {
                    return await _bench["A"].TryLockAsync(TimeSpan.Zero);
                }
            });
            Assert.False(none.IsHeld);
            using LockHold free = await _bench["C"].TryLockAsync(TimeSpan.Zero);
            Assert.True(free.IsHeld);
            using LockHold timed = await _bench["D"].TryLockAsync(TimeSpan.FromMinutes(1));
            Assert.True(timed.IsHeld);
        }

        Assert.Equal(["A -> D", "C -> D"], _bench.Edges);

        async Task<LockHold> TrackedTaskStart(Func<Task<LockHold>> work)
        {
            LockHold result = default;
            await TrackedTask.Start(async () => result = await work(), _bench.Validator);
            return result;
        }
    }

    [Fact]
    public async Task A_refused_lock_is_not_taken()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        using (await bench["A"].LockAsync())
        using (await bench["B"].LockAsync())
        {
        }

        using (await bench["B"].LockAsync())
        {
            Assert.Throws<LockViolationException>(() => bench["A"].LockAsync());
        }

        Assert.False(bench["A"].IsTaken);
        Assert.False(bench["B"].IsTaken);
    }

    [Fact]
    public async Task A_lock_let_go_by_another_flow_on_another_thread_is_held_by_nobody()
    {
        LockHold hold = await _bench["A"].LockAsync();
        await Task.Run(() => hold.Dispose());
        await TakeAsync("B", hops: true);
        hold.Dispose(); // again: nothing
        Assert.False(_bench["A"].IsTaken);
        Assert.Empty(_bench.Edges);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task A_lock_taken_in_a_plain_method_is_held_by_its_caller()
    {
        using (await PlainAsync())
        {
            await TakeAsync("B", hops: true);
        }

        Assert.Equal(["A -> B"], _bench.Edges);

        LockAwaitable<LockHold> PlainAsync() => _bench["A"].LockAsync();
    }

    [Fact]
    public async Task A_lock_taken_in_an_async_method_is_held_by_its_caller_who_adopts_it()
    {
        using (await TakeAndReturnAsync())
        {
            await TakeAsync("B", hops: true);
        }

        Assert.Empty(_bench.Edges);
        using ((await TakeAndReturnAsync()).Adopt())
        {
            await AsyncBench.HopAsync();
            await TakeAsync("B", hops: true);
        }

        await TakeAsync("C", hops: true);
        Assert.Equal(["A -> B"], _bench.Edges);

        async Task<LockHold> TakeAndReturnAsync()
        {
            LockHold hold = await _bench["A"].LockAsync().ConfigureAwait(false);
            await AsyncBench.HopAsync();
            return hold;
        }
    }

    [Fact]
    public async Task The_outer_lock_may_go_first()
    {
        LockHold outer = await _bench["A"].LockAsync();
        LockHold inner = await _bench["B"].LockAsync();
        outer.Dispose();
        await AsyncBench.HopAsync();
        await TakeAsync("C", hops: true);
        inner.Dispose();
        Assert.Equal(["A -> B", "B -> C"], _bench.Edges);
    }

    private async Task HopsAsync(string first, string second)
    {
        await AsyncBench.HopAsync();
        using (await _bench[first].LockAsync())
        {
            await AsyncBench.HopAsync();
            using (await _bench[second].LockAsync())
            {
                await AsyncBench.HopAsync();
            }
        }
    }

    private async Task TakeAsync(string name, bool hops)
    {
        using (await _bench[name].LockAsync())
        {
            if (hops)
            {
                await AsyncBench.HopAsync();
            }
        }
    }
}
