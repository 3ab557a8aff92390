// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>
/// Methods that are called under a lock and go on after an await: whoever holds the lock waits for them or does not. What is certain is certain; what is not
/// known is likely, and becomes certain when the lock is let go by code that has waited.
/// </summary>
public sealed class ContinuedCallTests
{
    private readonly AsyncBench _bench = new();
    private bool _isThrough;

    private LockValidator Validator => _bench.Validator;

    private FlowNode? Flow => ((IHeldListOwner)Validator).CurrentFlow;

    [Fact]
    public async Task A_call_that_nobody_awaits_is_likely_at_most_whatever_it_takes_after_its_first_await()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            _ = HopAndTakeAsync("B");
            await TimePassesAsync();
        }

        LockViolation report = _bench.Single(LockViolationKind.CircularDependency);
        Assert.Equal(LockConfidence.Likely, report.Confidence);
        Assert.Contains("the code that has taken", report.Assumption, StringComparison.Ordinal);
        Assert.Contains("TrackedTask.Start", report.Assumption, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_nobody_awaits_and_that_waits_for_the_lock_of_its_caller_is_no_self_deadlock()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        Task waiting;
        using (await _bench["A"].LockAsync())
        {
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = LaterAsync(asked);
            await asked.Task;
        }

        await waiting;
        Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.Recursion).Confidence);

        async Task LaterAsync(TaskCompletionSource asked)
        {
            await AsyncBench.HopAsync();
            LockAwaitable<LockHold> wait = _bench["A"].LockAsync();
            asked.SetResult();
            (await wait).Dispose();
        }
    }

    [Fact]
    public async Task A_call_that_is_awaited_is_likely_at_once_and_certain_when_its_caller_lets_go()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            await HopAndTakeAsync("B", () => Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.CircularDependency).Confidence));
            await AsyncBench.HopAsync(); // the caller may await other things before he lets go
        }

        Assert.Equal([LockConfidence.Likely, LockConfidence.Certain], _bench.Reports.Select(static report => report.Confidence));
        Assert.Equal(LockConfidence.Likely, _bench.Reports[1].RaisedFrom);
        Assert.Null(_bench.Reports[1].Assumption);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_certain_too_when_he_lets_go_under_a_lock_that_he_has_taken_since(bool isHandedOver)
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        LockHold hold = isHandedOver ? (await HandOverAsync("A")).Adopt() : await _bench["A"].LockAsync();
        await HopAndTakeAsync("B");
        using (await _bench["C"].LockAsync())
        {
            await AsyncBench.HopAsync();
            hold.Dispose();
        }

        Assert.Equal([LockConfidence.Likely, LockConfidence.Certain], _bench.Reports.Select(static report => report.Confidence));
    }

    [Fact]
    public async Task A_circle_of_locks_that_a_call_takes_itself_is_certain_at_once_whoever_waits_for_it()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["C"].LockAsync())
        {
            await BothAsync(() => Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence));
        }

        Assert.Null(_bench.Single(LockViolationKind.CircularDependency).Assumption);
    }

    [Fact]
    public async Task A_lock_that_may_be_held_by_whoever_calls_both_sides_is_thought_of_as_their_guard()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        using (await _bench["C"].LockAsync())
        {
            await ReverseAsync();
        }

        using (await _bench["C"].LockAsync())
        {
            await BothAsync(static () => { });
        }

        Assert.Equal(LockConfidence.Possible, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public async Task A_call_of_a_call_is_certain_when_both_are_awaited()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            await MiddleAsync(isAwaited: true);
        }

        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);
    }

    [Fact]
    public async Task A_call_that_an_awaited_call_has_not_awaited_is_likely_at_most()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            await MiddleAsync(isAwaited: false);
            await AsyncBench.HopAsync();
        }

        Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public async Task A_call_that_one_holder_awaits_and_another_does_not_is_likely_at_most()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = UnderAsync(end);
            await end.Task; // the other lock has been let go; nothing of that is awaited
            await AsyncBench.HopAsync();
        }

        Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.CircularDependency).Confidence);

        async Task UnderAsync(TaskCompletionSource end)
        {
            await AsyncBench.HopLaterAsync();
            using (await _bench["C"].LockAsync())
            {
                await HopAndTakeAsync("B");
                await AsyncBench.HopAsync();
            }

            end.SetResult();
        }
    }

    [Fact]
    public async Task A_call_that_is_awaited_later_under_another_lock_as_well_is_certain()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task later = UntilAsync(end.Task);
            await AsyncBench.HopAsync();
            using (await _bench["C"].LockAsync())
            {
                await new Announced(later, end);
            }
        }

        Assert.Equal(LockConfidence.Certain, _bench.Reports[^1].Confidence);
        Assert.DoesNotContain("C -> B", _bench.Edges); // C was taken after the call began

        async Task UntilAsync(Task end)
        {
            await HopAndTakeAsync("B");
            await end;
        }
    }

    [Fact]
    public async Task A_call_that_is_awaited_when_the_lock_has_been_let_go_is_likely_at_most()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        Task later;
        using (await _bench["A"].LockAsync())
        {
            later = HopAndTakeAsync("B");
            await TimePassesAsync();
        }

        await later;
        Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public async Task What_a_method_takes_itself_after_its_awaits_is_certain_before_it_hangs()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            await AsyncBench.HopAsync();
            LockAwaitable<LockHold> wait = _bench["B"].LockAsync();
            Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
            (await wait).Dispose();
        }
    }

    [Fact]
    public async Task A_call_that_waits_for_a_task_and_that_nobody_awaits_is_likely_at_most()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        await ReverseAsync();
        using (await _bench["A"].LockAsync())
        {
            _ = JoinAsync();
            await TimePassesAsync();
        }

        Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.CircularDependency).Confidence);

        async Task JoinAsync()
        {
            await AsyncBench.HopAsync();
            await TrackedTask.Join(
                TrackedTask.Run(
                    async () =>
                    {
                        await AsyncBench.HopAsync();
                        await HopAndTakeAsync("B");
                    },
                    Validator),
                Validator);
        }
    }

    [Fact]
    public async Task What_was_seen_without_a_doubt_costs_no_second_look()
    {
        await AsyncBench.HopAsync(); // out of the context of the test host
        for (int i = 0; i < 3; i++)
        {
            using (await _bench["A"].LockAsync())
            {
                await MiddleAsync(isAwaited: true);
                Assert.Equal(i == 0, Flow is { HasCalls: true });
            }

            Assert.Null(Flow);
        }
    }

    private async Task MiddleAsync(bool isAwaited)
    {
        await AsyncBench.HopLaterAsync();
        if (isAwaited)
        {
            await HopAndTakeAsync("B");
            return;
        }

        _ = HopAndTakeAsync("B");
        await TimePassesAsync();
    }

    private async Task BothAsync(Action under)
    {
        await AsyncBench.HopLaterAsync();
        using (await _bench["A"].LockAsync())
        using (await _bench["B"].LockAsync())
        {
            under();
        }
    }

    private async Task<LockHold> HandOverAsync(string name) => await _bench[name].LockAsync();

    private async Task HopAndTakeAsync(string name, Action? under = null)
    {
        await AsyncBench.HopLaterAsync();
        using (await _bench[name].LockAsync())
        {
            under?.Invoke();
        }

        Volatile.Write(ref _isThrough, true); // pairs with the read in TimePassesAsync
    }

    // Long enough for a call that nobody awaits; it tells nobody.
    private async Task TimePassesAsync()
    {
        while (!Volatile.Read(ref _isThrough)) // pairs with the write in HopAndTakeAsync
        {
            await AsyncBench.HopAsync();
        }

        await AsyncBench.HopAsync();
    }

    private async Task ReverseAsync()
    {
        using (await _bench["B"].LockAsync())
        using (await _bench["A"].LockAsync())
        {
        }

        Assert.Empty(_bench.Reports);
    }

    /// <summary>The plain awaiter of a task, which lets the task end when it has been registered.</summary>
    private readonly struct Announced(Task task, TaskCompletionSource end) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Announced GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            TaskCompletionSource open = end;
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
            open.SetResult();
        }

        public void GetResult() => task.GetAwaiter().GetResult();
    }
}
