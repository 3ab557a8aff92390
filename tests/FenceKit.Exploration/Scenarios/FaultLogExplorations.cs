using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Slots of a pool share the memory of their faults; nobody ever reads the fault of another slot, or success where there was none.</summary>
public class FaultLogExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 1, 3)]
    [InlineData(MemoryModel.SequentiallyConsistent, 4, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1, 1)]
    public void Two_slots_that_fault_at_once_and_a_reader(MemoryModel memory, int retained, int preemptions) =>
        Verify(
            Scenario.Of("fault against fault against look", () => new Pool(retained))
                .Thread("producer", state => state.Fault(0))
                .Thread("other producer", state => state.Fault(1))
                .Thread("reader", state => state.Look())
                .AtEnd(state => state.CheckEnd()),
            preemptions,
            memory);

    [Fact]
    public void A_slot_that_faults_again_while_its_last_fault_is_read() =>
        Verify(
            Scenario.Of("fault, rent, fault against looks at the first", () => new Pool(retained: 1))
                .Thread("producer", state =>
                {
                    state.Fault(0);
                    state.RentAgainAndFault();
                })
                .Thread("reader", state =>
                {
                    state.Look();
                    state.Look();
                })
                .AtEnd(state => Assert.Equal(FenceStatus.Retired, state.Fences[0].Status)),
            preemptions: 3);

    private sealed class Pool
    {
        private readonly FencePool _pool;
        private readonly FenceSource[] _sources = new FenceSource[2];
        private readonly Exception[] _errors = [new InvalidOperationException("0"), new InvalidOperationException("1")];
        private readonly int _retained;
        private FenceSource _again;

        public Pool(int retained)
        {
            _retained = retained;
            _pool = new FencePool("pool", 2, new FenceTimelineOptions { RetainedFaults = retained });
            for (int i = 0; i < 2; i++)
            {
                Assert.True(_pool.TryRent(out _sources[i]));
            }

            Fences = [.. _sources.Select(source => source.Fence)];
        }

        public Fence[] Fences { get; }

        public void Fault(int index) => Assert.True(_sources[index].TrySignal(_errors[index]));

        public void RentAgainAndFault()
        {
            Assert.True(_pool.TryRent(out _again));
            Assert.True(_again.TrySignal(new InvalidOperationException("again")));
        }

        public void Look()
        {
            for (int i = 0; i < 2; i++)
            {
                FenceStatus status = Fences[i].GetStatus(out Exception? error);
                Assert.NotEqual(FenceStatus.Signaled, status);
                Assert.Same(status == FenceStatus.Faulted ? _errors[i] : null, error);
                Assert.True(status != FenceStatus.Retired || _retained == 1, "a fault was forgotten though there is room for it");
            }
        }

        public void CheckEnd()
        {
            int known = Fences.Count(fence => fence.Status == FenceStatus.Faulted);
            Assert.Equal(Math.Min(_retained, 2), known);
        }
    }
}
