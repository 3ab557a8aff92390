// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.WoundWait;

/// <summary>Wound-wait locks belong to the asynchronous flow that took them, whether it awaited or blocked, and FenceKit's awaits see what the flow holds.</summary>
public sealed class WoundWaitFlowTests : ContractTest
{
    private readonly WoundWaitClass _class = new("ww");

    [Fact]
    public async Task What_is_taken_after_a_lock_was_awaited_is_taken_under_it_on_whichever_thread()
    {
        TrackedLock table = Lock("table lock");
        WoundWaitLock one = new(_class);
        using WoundWaitContext context = new(_class);
        Assert.Equal(WoundWaitOutcome.Acquired, await one.LockAsync(context, Timeout.InfiniteTimeSpan));
        await new Hop();
        TakeAndLeave(table);
        one.Unlock(context);
        Silent();

        using WoundWaitContext other = new(_class); // the same one would keep the two paths apart
        table.Enter();
        Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(other));
        one.Unlock(other);
        table.Exit();
        Assert.Equal(LockConfidence.Certain, Reported(LockViolationKind.CircularDependency, "table lock").Confidence);
    }

    [Fact]
    public async Task A_lock_without_a_context_that_was_awaited_is_held_until_it_is_unlocked()
    {
        WoundWaitLock one = new(_class);
        Assert.True(await one.LockAsync(Timeout.InfiniteTimeSpan));
        Assert.True(Validator.IsHeld(one.ContractMap!));
        await new Hop();
        Assert.True(Validator.IsHeld(one.ContractMap!));
        one.Unlock();
        Assert.False(Validator.IsHeld(one.ContractMap!));
        Silent();
    }

    [Fact]
    public async Task A_flow_that_gave_up_does_not_hold_what_somebody_else_has()
    {
        WoundWaitLock one = new(_class);
        using OtherThread other = new();
        other.Run(() => Assert.True(one.Lock(Timeout.InfiniteTimeSpan)));
        Assert.False(await one.LockAsync(TimeSpan.FromTicks(1)));
        Assert.False(Validator.IsHeld(one.ContractMap!));
        other.Run(() => one.Unlock());
        Silent();
    }

    [Fact]
    public async Task A_set_that_was_awaited_is_held_until_it_is_unlocked()
    {
        WoundWaitLock[] locks = [new(_class), new(_class)];
        using WoundWaitLockSet set = new(_class);
        Assert.True(await set.LockAsync(locks, Timeout.InfiniteTimeSpan));
        await new Hop();
        Assert.All(locks, one => Assert.True(Validator.IsHeld(one.ContractMap!)));
        set.Unlock();
        Assert.All(locks, one => Assert.False(Validator.IsHeld(one.ContractMap!)));
        Validator.AssertNoneHeld();
        Silent();
    }

    [Fact]
    public async Task A_lock_that_was_contended_is_held_by_the_flow_that_awaited_it()
    {
        WoundWaitLock one = new(_class);
        using WoundWaitContext first = new(_class);
        using WoundWaitContext second = new(_class);
        using OtherThread other = new();
        other.Run(() => Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(first)));
        Task waiting = TakeAsync();
        other.Run(() => one.Unlock(first));
        await waiting;
        Validator.AssertNoneHeld();
        Silent();

        async Task TakeAsync()
        {
            Assert.Equal(WoundWaitOutcome.Acquired, await one.LockAsync(second, Timeout.InfiniteTimeSpan));
            Assert.True(Validator.IsHeld(one.ContractMap!));
            one.Unlock(second);
        }
    }

    [Fact]
    public async Task A_lock_that_was_blocked_for_may_be_held_over_an_await()
    {
        FenceTimeline timeline = new("work");
        WoundWaitLock one = new(_class);
        using WoundWaitContext context = new(_class);
        Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(context));
        await Done(timeline);
        await new Hop();
        Assert.True(Validator.IsHeld(one.ContractMap!));
        one.Unlock(context);
        Validator.AssertNoneHeld();
        Silent();
    }

    [Fact]
    public async Task A_fence_awaited_under_a_lock_that_is_taken_on_the_way_to_its_signal_is_a_circle()
    {
        FenceTimeline timeline = new("work");
        WoundWaitLock one = new(_class);
        using WoundWaitContext context = new(_class);
        Fence fence = timeline.Issue();
        using (timeline.BeginSignaling())
        {
            Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(context));
            one.Unlock(context);
            timeline.Signal(fence);
        }

        Assert.Equal(WoundWaitOutcome.Acquired, await one.LockAsync(context, Timeout.InfiniteTimeSpan));
        await new Hop();
        await fence;
        one.Unlock(context);
        Reported(LockViolationKind.CircularDependency, "fence work");
    }

    [Fact]
    public async Task A_task_that_is_made_of_a_wait_makes_no_flow_the_holder()
    {
        WoundWaitLock one = new(_class);
        using WoundWaitContext first = new(_class);
        using WoundWaitContext second = new(_class);
        using OtherThread other = new();
        other.Run(() => Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(first)));
        Task<WoundWaitOutcome> wait = one.LockAsync(second, Timeout.InfiniteTimeSpan).AsTask();
        other.Run(() => one.Unlock(first));
        Assert.Equal(WoundWaitOutcome.Acquired, await wait);
        Assert.False(Validator.IsHeld(one.ContractMap!));
        one.Unlock(second);
        Validator.AssertNoneHeld();
        Silent();
    }

    [Fact]
    public async Task A_lock_of_the_thread_that_is_held_where_a_fence_is_awaited_is_reported()
    {
        FenceTimeline timeline = new("work");
        TrackedLock table = Lock("table lock");
        Fence done = Done(timeline);
        table.Enter();
#pragma warning disable FK0008 // that is what the test is about
        await done;
#pragma warning restore FK0008
        table.Exit();
        Assert.Equal(LockConfidence.Certain, Reported(LockViolationKind.HeldOverAwait).Confidence);
    }

    [Fact]
    public async Task A_lock_of_the_thread_that_the_caller_holds_is_none_of_the_method_that_awaits_a_fence()
    {
        FenceTimeline timeline = new("work");
        TrackedLock table = Lock("table lock");
        Fence done = Done(timeline);
        table.Enter();
        Task later = AwaitAsync();
        table.Exit();
        await later;
        Silent();

        async Task AwaitAsync() => await done;
    }

    /// <summary>Goes on with a new thread.</summary>
    private readonly struct Hop : System.Runtime.CompilerServices.ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Hop GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) => new Thread(continuation.Invoke) { IsBackground = true }.UnsafeStart();

        public void GetResult()
        {
        }
    }
}
