using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>A driver's chain of steps: a callback that, when it runs, adds itself to a fence of another timeline.</summary>
public class ChainedCallbackExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Fact]
    public void A_chain_runs_to_its_end_against_the_second_signal() =>
        Verify(
            Scenario.Of("chain against second signal", () => new Chain())
                .Thread("first device", state => state.First.Signal(1))
                .Thread("second device", state => state.Second.Signal(1))
                .AtEnd(state => Assert.Equal(state.IsChained ? 2 : 1, state.Callback.Runs)),
            preemptions: 4);

    [Fact]
    public void A_remover_that_comes_late_harms_neither_list() =>
        Verify(
            Scenario.Of("remove from the first against chain to the second", () => new Chain())
                .Thread("first device", state => state.First.Signal(1))
                .Thread("remover", state => state.First.GetFence(1).TryRemoveCallback(state.Callback))
                .AtEnd(state =>
                {
                    state.First.Signal(2);
                    Assert.Equal(1, state.Neighbor.Runs);
                    int before = state.Callback.Runs;
                    state.Second.Signal(1);
                    Assert.Equal(state.IsChained ? before + 1 : before, state.Callback.Runs);
                }),
            preemptions: 4);

    private sealed class Chain
    {
        public Chain()
        {
            Callback = new CountingCallback(AddToSecond);
            Second.Issue();
            Assert.True(First.Issue().TryAddCallback(Callback));
            Assert.True(First.Issue().TryAddCallback(Neighbor));
        }

        public FenceTimeline First { get; } = new("first");

        public FenceTimeline Second { get; } = new("second");

        public CountingCallback Callback { get; }

        /// <summary>Waits on the first timeline for a later point, and must still be there at the end.</summary>
        public CountingCallback Neighbor { get; } = new();

        public bool IsChained { get; private set; }

        private void AddToSecond()
        {
            if (Callback.Runs == 1)
            {
                IsChained = Second.GetFence(1).TryAddCallback(Callback);
            }
        }
    }
}
