// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Async;

/// <summary>A lock of the thread and an await: whose fault it is, how sure, and what a flow by name sees of the thread that it comes to.</summary>
public sealed class AwaitRuleTests
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task A_lock_that_a_called_method_has_taken_is_likely_held_over_the_await_of_its_caller()
    {
        var gate = new TrackedLock(_bench.Class("gate"), "gate", _bench.Validator);
        Task done = AwaitAsync();
        Assert.True(done.IsCompletedSuccessfully);
        gate.Exit();
        Assert.Equal(LockConfidence.Likely, _bench.Single(LockViolationKind.HeldOverAwait).Confidence);
        await done;

        void Enter() => gate.Enter();

        async Task AwaitAsync()
        {
            Enter();
            (await _bench["A"].LockAsync()).Dispose();
        }
    }

    [Fact]
    public void Code_that_asks_an_awaiter_itself_does_not_await()
    {
        var gate = new TrackedLock(_bench.Class("gate"), "gate", _bench.Validator);
        using (gate.EnterScope())
        {
            Assert.True(_bench["A"].LockAsync().GetAwaiter().IsCompleted);
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public async Task A_lock_of_a_class_that_is_not_validated_may_be_held_over_an_await()
        => await AwaitUnderAsync(new TrackedLock(LockClass.Create("quiet", new LockClassOptions { SkipValidation = true }), "quiet", _bench.Validator));

    [Fact]
    public async Task Nothing_follows_from_an_await_that_is_suppressed()
    {
        Task done;
        using (_bench.Validator.Suppress("the test"))
        {
            done = AwaitUnderAsync(new TrackedLock(_bench.Class("gate"), "gate", _bench.Validator));
        }

        await done;
    }

    [Fact]
    public async Task A_flow_by_name_takes_its_locks_under_what_was_awaited_before_the_thread_changed()
    {
        var flow = new LockFlow("request", _bench.Validator);
        using (await _bench["B"].LockAsync())
        {
            await AsyncBench.HopAsync();
            using (await _bench["A"].LockAsync(flow))
            {
                Assert.Equal(1, flow.HeldCount);
            }
        }

        Assert.Equal(["B -> A"], _bench.Edges);
    }

    [Fact]
    public async Task A_flow_by_name_does_not_take_what_is_refused_under_the_lock_of_the_thread()
    {
        var bench = new AsyncBench(LockViolationSink.Throwing);
        var inner = new TrackedLock(bench.Class("L"), "L", bench.Validator);
        using (await bench["A"].LockAsync())
        {
            using (inner.EnterScope())
            {
            }
        }

        var flow = new LockFlow("request", bench.Validator);
        using (inner.EnterScope())
        {
            Assert.Throws<LockViolationException>(() => bench["A"].LockAsync(flow));
        }

        Assert.Equal(0, flow.HeldCount);
        Assert.False(bench["A"].IsTaken);
    }

    [Fact]
    public async Task What_a_flow_by_name_holds_besides_guards_a_circle_through_the_thread()
    {
        var inner = new TrackedLock(_bench.Class("L"), "L", _bench.Validator);
        using (await _bench["G"].LockAsync())
        using (await _bench["A"].LockAsync())
        {
            using (inner.EnterScope())
            {
            }
        }

        var flow = new LockFlow("request", _bench.Validator);
        using (await _bench["G"].LockAsync(flow))
        {
            using (inner.EnterScope())
            {
                Assert.True(_bench["A"].LockAsync(flow).IsCompleted);
            }
        }

        Assert.Equal(LockConfidence.Possible, Assert.Single(_bench.Reports, static report => report.Kind == LockViolationKind.CircularDependency).Confidence);
    }

    [Fact]
    public void A_flow_by_name_takes_a_lock_that_is_not_validated_under_anything()
    {
        var inner = new TrackedLock(_bench.Class("L"), "L", _bench.Validator);
        var quiet = new TrackedAsyncLock(LockClass.Create("quiet", new LockClassOptions { SkipValidation = true }), "quiet", _bench.Validator);
        var flow = new LockFlow("request", _bench.Validator);
        using (inner.EnterScope())
        {
            Assert.True(quiet.LockAsync(flow).IsCompleted);
        }

        Assert.Empty(_bench.Edges);
    }

    [Fact]
    public async Task A_lock_that_is_adopted_later_is_held_from_then_on()
    {
        LockHold hold = await TakeAsync();
        (await _bench["C"].LockAsync()).Dispose(); // not under it yet
        using (hold.Adopt())
        {
            (await _bench["B"].LockAsync()).Dispose();
        }

        (await _bench["D"].LockAsync()).Dispose();
        Assert.Equal(["A -> B"], _bench.Edges);

        async Task<LockHold> TakeAsync() => await _bench["A"].LockAsync();
    }

    // Nothing is reported.
    private async Task AwaitUnderAsync(TrackedLock gate)
    {
        gate.Enter();
#pragma warning disable FK0008 // that is what the test is about
        (await _bench["A"].LockAsync()).Dispose();
#pragma warning restore FK0008
        gate.Exit();
        Assert.Empty(_bench.Reports);
    }
}
