using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class SignalExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void Two_signalers_and_a_fault_between_are_linearizable(MemoryModel memory, int preemptions) =>
        Verify(
            Timeline("signal, signal against fault against readers")
                .Thread("signaler", state =>
                {
                    state.Signal(1);
                    state.Signal(3);
                })
                .Thread("faulter", state => state.Fault(2))
                .Thread("reader", state =>
                {
                    state.Status(2);
                    state.Status(1);
                }),
            preemptions,
            memory);

    [Fact]
    public void Two_faults_of_neighboring_points_are_linearizable() =>
        Verify(
            Timeline("fault against fault against readers")
                .Thread("faulter", state => state.Fault(1))
                .Thread("other faulter", state => state.Fault(2))
                .Thread("reader", state =>
                {
                    state.Status(1);
                    state.Status(2);
                }),
            preemptions: 3);

    [Fact]
    public void One_point_has_one_winner() =>
        Verify(
            Timeline("signal against signal against fault of one point")
                .Thread("signaler", state => state.Signal(2))
                .Thread("other signaler", state => state.Signal(2))
                .Thread("faulter", state => state.Fault(2))
                .AtEnd(state => Assert.Equal(1, state.Winners)),
            preemptions: 3);

    [Fact]
    public void Waiters_that_the_winner_passes_belong_to_the_winner() =>
        Verify(
            Timeline("signal against fault with waiters", waiters: 3)
                .Thread("signaler", state => state.Signal(2))
                .Thread("faulter", state => state.Fault(3))
                .AtEnd(state => state.CheckWaiters()),
            preemptions: 4);

    [Fact]
    public void A_random_walk_beyond_the_bound_finds_nothing_either() =>
        VerifyRandomly(
            Timeline("signal, fault, signal against fault, signal against readers", waiters: 2)
                .Thread("signaler", state =>
                {
                    state.Signal(1);
                    state.Fault(3);
                    state.Signal(5);
                })
                .Thread("faulter", state =>
                {
                    state.Fault(2);
                    state.Signal(4);
                })
                .Thread("reader", state =>
                {
                    state.Status(2);
                    state.Status(4);
                    state.Status(3);
                }),
            executions: 40_000,
            MemoryModel.TotalStoreOrder);

    private static Scenario<State> Timeline(string name, int waiters = 0) =>
        Scenario.Of(name, () => new State(waiters))
            .Always(state => state.CheckMonotonic())
            .AtEnd(state => state.History.AssertLinearizable());

    private sealed class State
    {
        private readonly FenceTimeline _timeline = new("device");
        private readonly CountingCallback[] _waiters;
        private readonly Exception _error = new InvalidOperationException("lost");
        private ulong _highest;

        public State(int waiters)
        {
            _timeline.Issue(5);
            _waiters = new CountingCallback[waiters];
            for (int i = 0; i < waiters; i++)
            {
                _waiters[i] = new CountingCallback();
                Assert.True(_timeline.GetFence((ulong)i + 1).TryAddCallback(_waiters[i]));
            }
        }

        public History<NaiveTimeline> History { get; } = new(() => new NaiveTimeline());

        public int Winners { get; private set; }

        public void Signal(ulong point) => CountWinner(History.Ask($"Signal({point})", () => _timeline.Signal(point), model => model.Signal(point)));

        public void Fault(ulong point) =>
            CountWinner(History.Ask($"Fault({point})", () => _timeline.Signal(point, _error), model => model.Fault(point)));

        public void Status(ulong point)
        {
            Fence fence = _timeline.GetFence(point);
            History.Ask($"Status({point})", () => fence.Status, model => model.Status(point));
        }

        public void CheckMonotonic()
        {
            Assert.True(_timeline.Completed >= _highest, "the counter went backwards");
            _highest = _timeline.Completed;
        }

        public void CheckWaiters()
        {
            for (int i = 0; i < _waiters.Length; i++)
            {
                FenceStatus outcome = _timeline.GetFence((ulong)i + 1).Status;
                Assert.Equal(outcome == FenceStatus.Pending ? 0 : 1, _waiters[i].Runs);
                Assert.Equal(outcome, _waiters[i].Status);
            }
        }

        private void CountWinner(bool won) => Winners += won ? 1 : 0;
    }
}
