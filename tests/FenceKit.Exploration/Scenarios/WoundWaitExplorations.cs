using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Contexts that want each other's locks: both get both, the older without ever giving way, and no wake-up is lost.</summary>
public class WoundWaitExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait, MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(WoundWaitPolicy.WoundWait, MemoryModel.TotalStoreOrder, 1)]
    [InlineData(WoundWaitPolicy.WaitDie, MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(WoundWaitPolicy.WaitDie, MemoryModel.TotalStoreOrder, 1)]
    public void Two_contexts_that_lock_crosswise_both_get_through(WoundWaitPolicy policy, MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of($"{policy}: lock a, b against lock b, a", () => new ContestedLocks(policy))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("younger", state => state.TakeBoth(1, first: 1, second: 0))
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions,
            memory);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void A_holder_without_a_context_only_makes_them_wait(WoundWaitPolicy policy) =>
        Verify(
            Scenario.Of($"{policy}: lock a, b against lock b, a against lock b", () => new ContestedLocks(policy))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("younger", state => state.TakeBoth(1, first: 1, second: 0))
                .Thread("plain", state => state.TakeOne(2, index: 1))
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void Three_contexts_get_through_in_random_order(WoundWaitPolicy policy) =>
        VerifyRandomly(
            Scenario.Of($"{policy}: three contexts lock crosswise", () => new ContestedLocks(policy, contexts: 3))
                .Thread("oldest", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("middle", state => state.TakeBoth(1, first: 1, second: 0))
                .Thread("youngest", state => state.TakeBoth(2, first: 0, second: 1))
                .AtEnd(state =>
                {
                    Assert.Equal(3, state.GotBoth);
                    state.CheckFree();
                }),
            executions: 8_000,
            MemoryModel.TotalStoreOrder);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void A_context_that_waits_elsewhere_is_wounded_there(WoundWaitPolicy policy) =>
        Verify(
            Scenario.Of($"{policy}: older wants what a waiting younger one holds", () => new ContestedLocks(policy).HeldByNobody(1))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("younger", state => state.TakeBoth(1, first: 0, second: 1))
                .Thread("holder", state => state.Release(1))
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void Two_flows_without_threads_both_get_through(WoundWaitPolicy policy) =>
        Verify(
            Scenario.Of($"{policy}: async lock a, b against lock b, a", () => new ContestedLocks(policy))
                .Thread("older", state => state.TakeBothAsync(0, first: 0, second: 1))
                .Thread("younger", state => state.TakeBoth(1, first: 1, second: 0))
                .PoolThread()
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Fact]
    public void A_younger_flow_that_is_wounded_backs_off() =>
        Verify(
            Scenario.Of("async younger against older", () => new ContestedLocks(WoundWaitPolicy.WoundWait))
                .Thread("younger", state => state.TakeBothAsync(1, first: 1, second: 0))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .PoolThread()
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_wait_that_is_canceled_leaves_the_lock_to_others(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("lock against unlock against cancel", () => new ContestedLocks(WoundWaitPolicy.WoundWait).HeldByNobody(0))
                .Thread("waiter", state => state.TakeOneUnlessCanceled(0, index: 0))
                .Thread("holder", state => state.Release(0))
                .Thread("canceler", state => Explored.Cancel(state.Cancellation))
                .AtEnd(state => state.CheckFree()),
            preemptions,
            memory);

    [Fact]
    public void A_flow_that_is_canceled_leaves_the_lock_to_others() =>
        Verify(
            Scenario.Of("async lock against unlock and cancel", () => new ContestedLocks(WoundWaitPolicy.WaitDie).HeldByNobody(0))
                .Thread("waiter", state => state.TakeOneUnlessCanceledAsync(0, index: 0))
                .Thread("holder", state =>
                {
                    state.Release(0);
                    Explored.Cancel(state.Cancellation);
                })
                .PoolThread()
                .AtEnd(state => state.CheckFree()),
            preemptions: 2);

    [Fact]
    public void A_canceled_wait_in_line_does_not_keep_the_next_from_the_lock() =>
        Verify(
            Scenario.Of("lock against lock against cancel, unlock", () => new ContestedLocks(WoundWaitPolicy.WoundWait).HeldByNobody(0))
                .Thread("canceled", state => state.TakeOneUnlessCanceled(0, index: 0))
                .Thread("next", state => state.TakeOne(2, index: 0))
                .Thread("holder", state =>
                {
                    Explored.Cancel(state.Cancellation);
                    state.Release(0);
                })
                .AtEnd(state => state.CheckFree()),
            preemptions: 1);

    [Fact]
    public void A_try_takes_a_lock_that_is_free_or_nothing() =>
        Verify(
            Scenario.Of("try against try against lock", () => new ContestedLocks(WoundWaitPolicy.WoundWait))
                .Thread("first", state => state.TryTakeOne(0, index: 0))
                .Thread("second", state => state.TryTakeOne(1, index: 0))
                .Thread("plain", state => state.TakeOne(2, index: 0))
                .AtEnd(state => state.CheckFree()),
            preemptions: 2);

    [Fact]
    public void Sets_of_locks_are_taken_whole_in_any_order() =>
        Verify(
            Scenario.Of("set a, b against set b, a", () => new ContestedLocks(WoundWaitPolicy.WoundWait))
                .Thread("first", state => state.TakeSet(0, first: 0, second: 1))
                .Thread("second", state => state.TakeSet(1, first: 1, second: 0))
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 3);

    private static void CheckBothGotThrough(ContestedLocks state)
    {
        state.CheckFree();
        Assert.Equal(2, state.GotBoth);
    }
}
