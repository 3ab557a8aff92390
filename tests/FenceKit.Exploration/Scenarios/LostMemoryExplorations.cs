using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// Memory of a device that is lost, or lets go of a notifier, while it works: the owner gets it only when the device is through with it, or
/// somebody has said that the device has stopped. The owner checks that nothing runs whenever a session completes.
/// </summary>
public class LostMemoryExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    private static ExploredQueue Running(bool cannotStop) =>
        new ExploredQueue(ExploredQueue.DriverOfMemory(cannotStop: cannotStop)).Attached().WithSubmitted(1);

    [Fact]
    public void A_session_beside_the_loss_of_a_device_that_cannot_be_stopped_never_gets_the_memory() =>
        Verify(
            Scenario.Of("lose against invalidate, invalidate", () => Running(cannotStop: true))
                .Thread("loser", state => state.Lose())
                .Thread("owner", state =>
                {
                    state.InvalidateMemory();
                    state.InvalidateMemory();
                })
                .AtEnd(state => state.CheckQuarantined()),
            preemptions: 2);

    [Fact]
    public void A_session_beside_the_loss_of_a_device_that_stops_gets_the_memory_when_it_has_stopped() =>
        Verify(
            Scenario.Of("lose against invalidate, invalidate, stopped", () => Running(cannotStop: false))
                .Thread("loser", state => state.Lose())
                .Thread("owner", state =>
                {
                    state.InvalidateMemory();
                    state.InvalidateMemory();
                })
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckLost();
                    state.CheckFree();
                }),
            preemptions: 1);

    [Fact]
    public void A_session_beside_the_one_who_says_that_the_device_has_stopped_completes_only_after_it() =>
        Verify(
            Scenario.Of("cut off, report stopped against invalidate", () => Running(cannotStop: true))
                .Thread("loser", state =>
                {
                    state.Lose();
                    state.CutOff();
                })
                .Thread("owner", state => state.InvalidateMemory())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckLost();
                    state.CheckFree();
                }),
            preemptions: 1);

    [Fact]
    public void Who_says_it_twice_frees_it_once() =>
        Verify(
            Scenario.Of("report stopped against report stopped", () =>
                {
                    ExploredQueue state = Running(cannotStop: true);
                    state.Lose();
                    return state;
                })
                .Thread("one", state => state.CountStopped())
                .Thread("other", state => state.CountStopped())
                .PoolThread()
                .AtEnd(state =>
                {
                    Assert.Equal(1, state.Stopped);
                    state.CheckFree();
                }),
            preemptions: 2);

    [Fact]
    public void An_attachment_that_is_disposed_beside_the_loss_goes_with_the_device() =>
        Verify(
            Scenario.Of("lose against detach against invalidate", () => Running(cannotStop: true))
                .Thread("loser", state => state.Lose())
                .Thread("detacher", state => state.Detach())
                .Thread("owner", state => state.InvalidateMemory())
                .AtEnd(state => state.CheckQuarantined()),
            preemptions: 1);

    [Fact]
    public void An_attachment_that_is_disposed_while_a_command_runs_goes_when_that_is_over() =>
        Verify(
            Scenario.Of("detach against invalidate against device", () => Running(cannotStop: false))
                .Thread("detacher", state =>
                {
                    state.Detach();
                    state.Leave();
                })
                .Thread("owner", state => state.InvalidateMemory())
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    state.CheckFree();
                    Assert.Equal(0, state.Notifier.GetStatistics().Subscriptions);
                }),
            preemptions: 1);

    [Fact]
    public void An_attachment_that_is_disposed_while_a_command_is_submitted_misses_nothing() =>
        Verify(
            Scenario.Of("submit, detach against device", () => new ExploredQueue(ExploredQueue.DriverOfMemory(), submitters: 2).Attached())
                .Thread("submitter", state =>
                {
                    state.Submit(0);
                    state.Leave();
                })
                .Thread("detacher", state =>
                {
                    state.Detach();
                    state.Leave();
                })
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal(0, state.Notifier.GetStatistics().Subscriptions);
                }),
            preemptions: 1);
}
