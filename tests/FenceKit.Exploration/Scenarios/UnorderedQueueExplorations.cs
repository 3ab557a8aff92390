using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>What meets in a device queue whose commands start and end in any order.</summary>
public class UnorderedQueueExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    private static ExploredQueue Unordered(ExploredDriver driver, int submitters = 1, int depth = 1) =>
        new(driver, submitters, depth: depth, isUnordered: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_command_runs_once_and_ends(int depth) =>
        Verify(
            Scenario.Of($"submit against submit against a device of depth {depth}", () => Unordered(new ExploredDriver(), submitters: 2, depth))
                .Thread("submitter", state =>
                {
                    state.Submit(0);
                    state.Leave();
                })
                .Thread("other submitter", state =>
                {
                    state.Submit(1);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 2);

    [Fact]
    public void Commands_that_end_at_once_keep_their_outcomes_and_free_their_slots() =>
        Verify(
            Scenario.Of("fail against complete", () => Unordered(new ExploredDriver(), depth: 2).WithSubmitted(2))
                .Thread("first interrupt", state => state.Driver.Finish(0, state.Error))
                .Thread("second interrupt", state => state.Driver.Finish(1, error: null))
                .AtEnd(state =>
                {
                    state.CheckFirstFailedAndSecondDone();
                    Assert.True(state.Queue.LastSubmitted.IsSignaled, "drained");
                }),
            preemptions: 4);

    [Fact]
    public void A_command_waits_for_its_dependency_and_the_next_one_does_not() =>
        Verify(
            Scenario.Of("submit with dependency, submit against signal", () => Unordered(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state =>
                {
                    state.Submit(0, state.Dependency, state.Dependency);
                    state.Submit(1);
                })
                .Thread("other device", state => state.SignalDependency())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 3);

    [Fact]
    public void A_command_that_is_canceled_while_its_dependencies_signal_ends_once() =>
        Verify(
            Scenario.Of("submit with dependency, cancel against signal", () => Unordered(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state =>
                {
                    state.Submit(0, state.Dependency);
                    state.CancelLast();
                })
                .Thread("other device", state => state.SignalDependency())
                .AtEnd(state => state.CheckCanceled()),
            preemptions: 3);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void No_command_runs_on_memory_that_was_given_away(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of(
                    "invalidate against submit against device",
                    () => Unordered(ExploredQueue.DriverOfMemory(), submitters: 2, depth: 2).Attached())
                .Thread("owner", state =>
                {
                    state.InvalidateMemory();
                    state.Leave();
                })
                .Thread("submitter", state =>
                {
                    state.Submit(0);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .AtEnd(state => state.CheckAllDone()),
            preemptions,
            memory);

    [Fact]
    public void An_invalidation_waits_for_all_commands_that_use_its_memory() =>
        Verify(
            Scenario.Of(
                    "invalidate against two interrupts",
                    () => Unordered(ExploredQueue.DriverOfMemory(), depth: 2).Attached().WithSubmitted(2))
                .Thread("owner", state => state.InvalidateMemory())
                .Thread("first interrupt", state => state.Driver.FinishNext())
                .Thread("second interrupt", state => state.Driver.FinishNext())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 2);

    [Fact]
    public void A_command_that_waits_for_memory_starts_when_the_last_invalidation_is_over() =>
        Verify(
            Scenario.Of("commit against invalidate against cancel", () => ExploredQueue.WaitingForMemory(isUnordered: true))
                .Thread("owner", state => state.CommitOpen())
                .Thread("other owner", state => state.InvalidateMemory())
                .Thread("submitter", state => state.Submit(1))
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 1);

    [Fact]
    public void A_command_that_waits_for_memory_and_is_canceled_ends_once() =>
        Verify(
            Scenario.Of("commit against cancel", () => ExploredQueue.WaitingForMemory(isUnordered: true))
                .Thread("owner", state => state.CommitOpen())
                .Thread("canceler", state => state.CancelLast())
                .AtEnd(state => state.CheckCanceled()),
            preemptions: 3);

    [Fact]
    public void A_loss_ends_every_command_once() =>
        Verify(
            Scenario.Of("lose against interrupt against submit", () => Unordered(new ExploredDriver(), depth: 2).WithSubmitted(1))
                .Thread("loser", state => state.Lose())
                .Thread("interrupt", state => state.Driver.FinishNext())
                .Thread("submitter", state => state.Submit(1))
                .PoolThread()
                .AtEnd(state => state.CheckLost()),
            preemptions: 1);

    [Fact]
    public void Closing_lets_finish_what_waits_for_others() =>
        Verify(
            Scenario.Of("dispose against signal", () =>
                {
                    ExploredQueue state = Unordered(new ExploredDriver(isSynchronous: true));
                    state.Submit(0, state.Dependency);
                    return state;
                })
                .Thread("disposer", state => state.Dispose())
                .Thread("other device", state => state.SignalDependency())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal(1, state.Driver.Closed);
                }),
            preemptions: 2);
}
