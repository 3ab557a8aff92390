using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// Flows that go on inline, in whatever operation of another one ends their wait: in a lock that wounds them or has them back off, in an
/// unlock, in a cancellation. There they lock and unlock what the operation is about. None may run under an internal lock (HeldLocks), and both get
/// through.
/// </summary>
public class InlineLockExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    private const FenceContinuation Inline = FenceContinuation.Inline;

    // To the validator a thread holds what the flows of all contexts hold that run on it.
    private const string SharedThread = "the flows of several contexts share a thread";

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait, MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(WoundWaitPolicy.WoundWait, MemoryModel.TotalStoreOrder, 1)]
    [InlineData(WoundWaitPolicy.WaitDie, MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(WoundWaitPolicy.WaitDie, MemoryModel.TotalStoreOrder, 1)]
    public void A_younger_flow_that_goes_on_inside_the_lock_of_the_older_gives_way(WoundWaitPolicy policy, MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of($"{policy}: inline lock b, a against lock a, b", () => new ContestedLocks(policy))
                .Thread("younger", state => state.TakeBothAsync(1, first: 1, second: 0, Inline))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions,
            memory);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void A_flow_that_waits_elsewhere_unlocks_what_the_older_is_locking(WoundWaitPolicy policy) =>
        Verify(
            Scenario.Of($"{policy}: older wants what an inline flow holds that waits", () => new ContestedLocks(policy).HeldByNobody(1))
                .Thread("younger", state => state.TakeBothAsync(1, first: 0, second: 1, Inline))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("holder", state => state.Release(1))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void A_flow_that_waits_behind_the_older_with_locks_gives_way(WoundWaitPolicy policy) =>
        Verify(
            Scenario.Of($"{policy}: both wait for what nobody gives yet", () => new ContestedLocks(policy).HeldByNobody(0))
                .Thread("younger", state => state.TakeBothAsync(1, first: 1, second: 0, Inline))
                .Thread("older", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("holder", state => state.Release(0))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void Two_inline_flows_both_get_through(WoundWaitPolicy policy) =>
        Verify(
            Scenario.Of($"{policy}: inline lock a, b against inline lock b, a", () => new ContestedLocks(policy))
                .Thread("older", state => state.TakeBothAsync(0, first: 0, second: 1, Inline))
                .Thread("younger", state => state.TakeBothAsync(1, first: 1, second: 0, Inline))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 2);

    [Theory]
    [InlineData(WoundWaitPolicy.WoundWait)]
    [InlineData(WoundWaitPolicy.WaitDie)]
    public void Three_get_through_in_random_order(WoundWaitPolicy policy) =>
        VerifyRandomly(
            Scenario.Of($"{policy}: three contexts lock crosswise, two of them inline", () => new ContestedLocks(policy, contexts: 3))
                .Thread("oldest", state => state.TakeBoth(0, first: 0, second: 1))
                .Thread("middle", state => state.TakeBothAsync(1, first: 1, second: 0, Inline))
                .Thread("youngest", state => state.TakeBothAsync(2, first: 1, second: 0, Inline))
                .BreakingTheContract(SharedThread)
                .AtEnd(state =>
                {
                    Assert.Equal(3, state.GotBoth);
                    state.CheckFree();
                }),
            executions: 4_000,
            MemoryModel.TotalStoreOrder);

    [Fact]
    public void Sets_of_locks_are_taken_whole_inline() =>
        Verify(
            Scenario.Of("inline set a, b against set b, a", () => new ContestedLocks(WoundWaitPolicy.WoundWait))
                .Thread("first", state => state.TakeSetAsync(0, first: 0, second: 1, Inline))
                .Thread("second", state => state.TakeSet(1, first: 1, second: 0))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 2);

    [Fact]
    public void A_flow_that_an_unlock_runs_may_take_the_lock_again() =>
        Verify(
            Scenario.Of("inline lock twice against inline lock twice against unlock", () => new ContestedLocks(WoundWaitPolicy.WoundWait).HeldByNobody(0))
                .Thread("first", state => state.TakeOneTwiceAsync(0, index: 0, Inline))
                .Thread("second", state => state.TakeOneTwiceAsync(1, index: 0, Inline))
                .Thread("holder", state => state.Release(0))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => CheckBothGotThrough(state)),
            preemptions: 1);

    [Fact]
    public void A_flow_that_goes_on_inside_the_cancellation_leaves_the_lock_to_others() =>
        Verify(
            Scenario.Of("inline lock against unlock against cancel", () => new ContestedLocks(WoundWaitPolicy.WaitDie).HeldByNobody(0))
                .Thread("waiter", state => state.TakeOneUnlessCanceledAsync(0, index: 0, Inline))
                .Thread("holder", state => state.Release(0))
                .Thread("canceler", state => Explored.Cancel(state.Cancellation))
                .BreakingTheContract(SharedThread)
                .AtEnd(state => state.CheckFree()),
            preemptions: 1);

    private static void CheckBothGotThrough(ContestedLocks state)
    {
        state.CheckFree();
        Assert.Equal(2, state.GotBoth);
    }
}
