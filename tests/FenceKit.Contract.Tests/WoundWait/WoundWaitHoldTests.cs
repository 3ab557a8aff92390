// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.WoundWait;

/// <summary>What a wound-wait lock means for the order of everything else, while it moves between threads.</summary>
public sealed class WoundWaitHoldTests : ContractTest
{
    private readonly WoundWaitClass _class = new("ww");

    [Fact]
    public void A_lock_taken_under_a_set_and_held_around_another_set_is_a_circle()
    {
        TrackedLock table = Lock("table lock");
        WoundWaitLock one = new(_class);
        using (WoundWaitLockSet set = new(_class))
        {
            Assert.True(set.Lock([one, new WoundWaitLock(_class)], Timeout.InfiniteTimeSpan));
            using (table.EnterScope())
            {
            }
        }

        Silent();
        using (table.EnterScope())
        using (WoundWaitLockSet set = new(_class))
        {
            Assert.True(set.Lock([one], Timeout.InfiniteTimeSpan));
        }

        Reported(LockViolationKind.CircularDependency, "table lock");
    }

    [Fact]
    public void Sets_in_any_order_are_no_circle()
    {
        WoundWaitLock[] locks = [new(_class), new(_class), new(_class)];
        foreach (int[] order in (int[][])[[0, 1, 2], [2, 1, 0], [1, 0, 2]])
        {
            using WoundWaitLockSet set = new(_class);
            Assert.True(set.Lock([.. order.Select(index => locks[index])], Timeout.InfiniteTimeSpan));
        }

        Silent();
        Validator.AssertNoneHeld();
        Silent();
    }

    [Fact]
    public void A_set_that_another_thread_gives_back_is_held_by_nobody()
    {
        WoundWaitLock first = new(_class);
        using WoundWaitLockSet set = new(_class);
        using OtherThread other = new();
        Assert.True(set.Lock([first, new WoundWaitLock(_class)], Timeout.InfiniteTimeSpan));
        Assert.True(Validator.IsHeld(first.ContractMap!));

        other.Run(set.Unlock);

        Assert.False(Validator.IsHeld(first.ContractMap!));
        Validator.AssertNoneHeld();
        using WoundWaitLockSet second = new(_class); // a recursion, if the first still counted
        Assert.True(second.Lock([first], Timeout.InfiniteTimeSpan));
        Silent();
    }

    [Fact]
    public void What_is_taken_after_another_thread_gave_the_set_back_is_not_taken_under_it()
    {
        TrackedLock table = Lock("table lock");
        WoundWaitLock one = new(_class);
        using WoundWaitLockSet set = new(_class);
        using OtherThread other = new();
        for (int round = 0; round < 3; round++)
        {
            // The thread knows these steps by heart after the first round: the news must reach its fast path too.
            Assert.True(set.Lock([one], Timeout.InfiniteTimeSpan));
            other.Run(set.Unlock);
            using (table.EnterScope())
            {
            }
        }

        Assert.DoesNotContain(Validator.GetDependencies(), static edge => edge.ToString().Contains("table lock", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_flows_that_await_their_locks_on_the_same_thread_are_no_recursion()
    {
        WoundWaitLock shared = new(_class);
        using WoundWaitContext outer = new(_class);
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task first = TakeAsync(shared, outer);
        using (WoundWaitContext inner = new(_class)) // another flow, which this thread happens to serve meanwhile
        {
            go.SetResult();
            await TakeAsync(new WoundWaitLock(_class), inner);
        }

        await first;
        Silent();

        async Task TakeAsync(WoundWaitLock one, WoundWaitContext context)
        {
            Assert.Equal(WoundWaitOutcome.Acquired, await one.LockAsync(context, Timeout.InfiniteTimeSpan));
            await go.Task;
            one.Unlock(context);
        }
    }

    [Fact]
    public async Task Awaiting_a_lock_teaches_what_it_is_awaited_under()
    {
        TrackedLock table = Lock("table lock");
        WoundWaitLock one = new(_class);
        using WoundWaitContext context = new(_class);
        Assert.Equal(WoundWaitOutcome.Acquired, one.Lock(context));
        using (table.EnterScope())
        {
        }

        one.Unlock(context);
        table.Enter();
        Task<WoundWaitOutcome> wait = AwaitAsync(); // free: it completes at once
        table.Exit();
        Assert.Equal(WoundWaitOutcome.Acquired, await wait);
        one.Unlock(context);

        Reported(LockViolationKind.CircularDependency, "table lock");

        async Task<WoundWaitOutcome> AwaitAsync() => await one.LockAsync(context, Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void A_wait_that_times_out_or_is_told_to_back_off_leaves_nothing_held()
    {
        WoundWaitClass waitDie = new("wait-die", WoundWaitPolicy.WaitDie);
        WoundWaitLock contended = new(waitDie);
        WoundWaitLock own = new(waitDie);
        using WoundWaitContext older = new(waitDie);
        using WoundWaitContext younger = new(waitDie);
        using OtherThread other = new();
        other.Run(() => Assert.Equal(WoundWaitOutcome.Acquired, contended.Lock(older)));
        Assert.Equal(WoundWaitOutcome.TimedOut, contended.Lock(younger, TimeSpan.Zero));
        Validator.AssertNoneHeld();

        Assert.Equal(WoundWaitOutcome.Acquired, own.Lock(younger));
        Assert.Equal(WoundWaitOutcome.MustBackOff, contended.Lock(younger));
        Assert.False(Validator.IsHeld(contended.ContractMap!));
        own.Unlock(younger);
        Validator.AssertNoneHeld();
        other.Run(() => contended.Unlock(older));
        Silent();
    }
}
