using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Everything that can meet in a device queue: submitting, completing, canceling, dependencies, loss, reset, invalidation, the end.</summary>
public class DeviceQueueExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Commands_are_started_and_signaled_in_order(int depth) =>
        Verify(
            Scenario.Of($"submit, submit against a device of depth {depth}", () => new ExploredQueue(new ExploredDriver(), depth: depth))
                .Thread("submitter", state =>
                {
                    state.Submit(0);
                    state.Submit(1);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .Always(state => state.CheckOrder())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 3);

    [Fact]
    public void Two_submitters_share_one_pump() =>
        Verify(
            Scenario.Of("submit against submit against device", () => new ExploredQueue(new ExploredDriver(), submitters: 2))
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
    public void A_pump_on_the_thread_pool_misses_nothing() =>
        Verify(
            Scenario.Of("submit, submit against device and pool", () => new ExploredQueue(new ExploredDriver(), dispatch: DeviceDispatch.ThreadPool))
                .Thread("submitter", state =>
                {
                    state.Submit(0);
                    state.Submit(1);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 2);

    [Fact]
    public void A_canceled_command_never_runs_or_the_driver_is_asked_to_stop_it() =>
        Verify(
            Scenario.Of("cancel against device", () => new ExploredQueue(new ExploredDriver()).WithSubmitted(2))
                .Thread("canceler", state =>
                {
                    state.CancelLast();
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .Always(state => state.CheckOrder())
                .AtEnd(state => state.CheckCanceled()),
            preemptions: 4);

    [Fact]
    public void Two_cancelers_of_one_command_have_one_winner() =>
        Verify(
            Scenario.Of("cancel against cancel against device", () => new ExploredQueue(new ExploredDriver(), submitters: 2).WithSubmitted(2))
                .Thread("canceler", state =>
                {
                    state.CancelLast();
                    state.Leave();
                })
                .Thread("other canceler", state =>
                {
                    state.Queue.TryCancel(state.Queue.LastSubmitted);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 2);

    [Fact]
    public void Commands_that_end_at_once_keep_their_outcomes() =>
        Verify(
            Scenario.Of("fail against complete", () => new ExploredQueue(new ExploredDriver(), depth: 2).WithSubmitted(2))
                .Thread("first interrupt", state => state.Driver.Finish(0, state.Error))
                .Thread("second interrupt", state => state.Driver.Finish(1, error: null))
                .Always(state => state.CheckOrder())
                .AtEnd(state => state.CheckFirstFailedAndSecondDone()),
            preemptions: 4);

    [Fact]
    public void A_command_waits_for_its_dependencies_and_starts_by_itself() =>
        Verify(
            Scenario.Of("submit with dependencies against signal", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state => state.Submit(0, state.Dependency, state.Dependency))
                .Thread("other device", state => state.SignalDependency())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 4);

    [Fact]
    public void A_command_whose_dependency_fails_does_not_run() =>
        Verify(
            Scenario.Of("submit with dependency, submit against fault", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state =>
                {
                    state.Submit(0, state.Dependency);
                    state.Submit(1);
                })
                .Thread("other device", state => state.FailDependency())
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal([1], state.Driver.Started);
                }),
            preemptions: 3);

    [Fact]
    public void A_command_whose_dependency_fails_does_not_run_when_the_failure_is_forgotten_meanwhile() =>
        Verify(
            Scenario.Of("submit with dependency, submit against two faults", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state =>
                {
                    state.Submit(0, state.Dependency);
                    state.Submit(1);
                })
                .Thread("other device", state => state.FailAndForgetDependency())
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal([1], state.Driver.Started);
                }),
            preemptions: 3);

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    public void A_dependency_that_comes_as_its_time_is_over_lets_the_command_run_or_fails_it(bool somebodySubmits, int preemptions)
    {
        Scenario<ExploredQueue> scenario = Scenario.Of("limit of a dependency against signal, and against submit", () =>
            {
                ExploredQueue state = new(new ExploredDriver(isSynchronous: true));
                state.Submit(0, state.Dependency, state.Dependency);
                return state;
            })
            .Thread("clock", state => state.LoseDependencyPatience())
            .Thread("other device", state => state.SignalDependency());
        if (somebodySubmits)
        {
            scenario.Thread("submitter", state => state.Submit(1));
        }

        Verify(scenario.AtEnd(state => state.CheckRanOrLate()), preemptions);
    }

    [Fact]
    public void A_command_that_is_canceled_while_its_dependencies_signal_ends_once() =>
        Verify(
            Scenario.Of("submit with dependency, cancel against signal", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state =>
                {
                    state.Submit(0, state.Dependency);
                    state.CancelLast();
                })
                .Thread("other device", state => state.SignalDependency())
                .AtEnd(state => state.CheckCanceled()),
            preemptions: 3);

    [Fact]
    public void A_canceler_against_a_submitter_that_still_adds_dependencies() =>
        Verify(
            Scenario.Of("submit with dependencies against cancel against fault", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state => state.Submit(0, state.Dependency, state.Dependency))
                .Thread("canceler", state =>
                {
                    if (state.Queue.LastSubmitted.Point == 1)
                    {
                        state.Queue.TryCancel(state.Queue.LastSubmitted);
                    }
                })
                .Thread("other device", state => state.FailDependency())
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 2);

    [Fact]
    public void A_canceled_command_does_not_wait_for_its_dependencies() =>
        Verify(
            Scenario.Of("submit with dependencies against cancel", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state => state.Submit(0, state.Dependency, state.Dependency))
                .Thread("canceler", state => state.CancelIfSubmitted())
                .AtEnd(state => state.CheckCanceledBeforeSignal()),
            preemptions: 4);

    [Fact]
    public void A_loss_does_not_wait_for_dependencies() =>
        Verify(
            Scenario.Of("submit with dependencies against lose", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state => state.Submit(0, state.Dependency, state.Dependency))
                .Thread("loser", state => state.Lose())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckLost();
                    state.CheckNobodyWaitsForDependency();
                }),
            preemptions: 2);

    [Fact]
    public void A_lost_device_faults_what_is_pending_and_starts_nothing_more() =>
        Verify(
            Scenario.Of("lose against submit against device", () => new ExploredQueue(new ExploredDriver(), submitters: 2).WithSubmitted(1))
                .Thread("loser", state =>
                {
                    state.Lose();
                    state.Leave();
                })
                .Thread("submitter", state =>
                {
                    state.Submit(1);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state => state.CheckLost()),
            preemptions: 1);

    [Fact]
    public void What_the_device_finishes_after_its_loss_faults_with_it() =>
        Verify(
            Scenario.Of("lose against a late interrupt", () => new ExploredQueue(new ExploredDriver()).WithSubmitted(2))
                .Thread("loser", state => state.Lose())
                .Thread("device", state => state.FinishAfterLoss())
                .PoolThread()
                .AtEnd(state => state.CheckAllFaulted()),
            preemptions: 2);

    [Fact]
    public void A_loss_while_dependencies_are_added_leaves_no_callback_behind() =>
        Verify(
            Scenario.Of("submit with dependencies against lose against signal", () => new ExploredQueue(new ExploredDriver(isSynchronous: true)))
                .Thread("submitter", state => state.Submit(0, state.Dependency, state.Dependency))
                .Thread("loser", state => state.Lose())
                .Thread("other device", state => state.SignalDependency())
                .PoolThread()
                .AtEnd(state => state.CheckLost()),
            preemptions: 1);

    [Fact]
    public void A_reset_faults_what_runs_and_goes_on_with_the_rest() =>
        Verify(
            Scenario.Of("reset against device", () => new ExploredQueue(new ExploredDriver(canReset: true)).WithSubmitted(2))
                .Thread("owner", state =>
                {
                    Assert.True(state.Queue.TryReset());
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .Always(state => state.CheckOrder())
                .AtEnd(state =>
                {
                    Assert.Equal(1, state.Driver.Resets);
                    Assert.All(state.Driver.Started, payload => Assert.InRange(payload, 0, 1));
                    Assert.True(state.Queue.LastSubmitted.IsSignaled);
                }),
            preemptions: 4);

    [Fact]
    public void Draining_ends_after_what_was_submitted_before() =>
        Verify(
            Scenario.Of("drain against submit against device", () => new ExploredQueue(new ExploredDriver(), submitters: 1).WithSubmitted(1))
                .Thread("drainer", state => state.Drain())
                .Thread("submitter", state =>
                {
                    state.Submit(1);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 1);

    [Fact]
    public void Closing_lets_finish_what_was_accepted_and_accepts_nothing_more() =>
        Verify(
            Scenario.Of("dispose against submit against device", () => new ExploredQueue(new ExploredDriver(), submitters: 2).WithSubmitted(1))
                .Thread("disposer", state =>
                {
                    state.Dispose();
                    state.Leave();
                })
                .Thread("submitter", state =>
                {
                    state.Submit(1);
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal(1, state.Driver.Closed);
                }),
            preemptions: 1);

    [Fact]
    public void Closing_against_a_loss_closes_the_driver_once() =>
        Verify(
            Scenario.Of("dispose against lose", () => new ExploredQueue(new ExploredDriver()).WithSubmitted(1))
                .Thread("disposer", state => state.Dispose())
                .Thread("loser", state => state.Lose())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.Flows.CheckOver();
                    state.CheckLost();
                    Assert.Equal(1, state.Driver.Closed);
                }),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void No_command_runs_on_memory_that_was_given_away(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of(
                    "invalidate against submit against device",
                    () => new ExploredQueue(ExploredQueue.DriverOfMemory(), submitters: 2).Attached())
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
    public void A_command_that_waits_for_one_invalidation_waits_for_the_next_too() =>
        Verify(
            Scenario.Of("commit against invalidate against submit", () => ExploredQueue.WaitingForMemory())
                .Thread("owner", state => state.CommitOpen())
                .Thread("other owner", state => state.InvalidateMemory())
                .Thread("submitter", state => state.Submit(1))
                .AtEnd(state => state.CheckAllDone()),
            preemptions: 1);

    [Fact]
    public void A_device_that_is_lost_lets_go_of_its_memory() =>
        Verify(
            Scenario.Of(
                    "invalidate against lose",
                    () => new ExploredQueue(ExploredQueue.DriverOfMemory()).Attached().WithSubmitted(1))
                .Thread("owner", state => state.InvalidateMemory())
                .Thread("loser", state => state.Lose())
                .PoolThread()
                .AtEnd(state => state.CheckLost()),
            preemptions: 1);
}
