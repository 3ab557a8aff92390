using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>A queue that is full, those who wait for room in it, and what makes room or ends the wait.</summary>
public class RoomExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    /// <summary>One command runs and two wait: that is all there is room for.</summary>
    private static ExploredQueue Full(int submitters) => new ExploredQueue(new ExploredDriver(), submitters).WithSubmitted(3);

    [Fact]
    public void Who_waits_for_room_gets_in_when_there_is_some() =>
        Verify(
            Scenario.Of("submit and wait against device", () => Full(submitters: 1))
                .Thread("submitter", state => state.SubmitWaiting(3))
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal([0, 1, 2, 3], state.Driver.Started);
                }),
            preemptions: 2);

    [Fact]
    public void Two_who_wait_for_room_both_get_in() =>
        Verify(
            Scenario.Of("submit and wait against submit and wait against device", () => Full(submitters: 2))
                .Thread("submitter", state => state.SubmitWaiting(3))
                .Thread("other submitter", state => state.SubmitWaiting(4))
                .Thread("device", state => state.RunDevice())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAllDone();
                    Assert.Equal([0, 1, 2, 3, 4], state.Driver.Started.Order());
                }),
            preemptions: 1);

    [Fact]
    public void Who_waits_for_room_hears_of_the_loss() =>
        Verify(
            Scenario.Of("submit and wait against lose", () => Full(submitters: 1))
                .Thread("submitter", state => state.SubmitWaiting(3))
                .Thread("loser", state => state.Lose())
                .PoolThread()
                .AtEnd(state =>
                {
                    state.Flows.CheckOver();
                    state.CheckLost();
                }),
            preemptions: 2);
}
