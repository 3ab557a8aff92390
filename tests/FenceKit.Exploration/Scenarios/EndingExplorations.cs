using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Timelines and pools that end while others still issue, add, signal or rent.</summary>
public class EndingExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_fence_issued_while_its_timeline_is_disposed_completes(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("dispose against issue and add", () => new Ending())
                .Thread("disposer", state => state.Timeline.Dispose())
                .Thread("issuer", state => state.IssueAndAdd())
                .AtEnd(state => state.CheckComplete()),
            preemptions,
            memory);

    [Fact]
    public void A_signal_and_a_poison_agree_on_the_outcome() =>
        Verify(
            Scenario.Of("poison against signal against poison", () => new Ending(issued: true))
                .Thread("poisoner", state => state.Poison())
                .Thread("signaler", state => state.Timeline.Signal(1))
                .Thread("other poisoner", state => state.Poison())
                .AtEnd(state =>
                {
                    state.CheckComplete();
                    Assert.Equal(1, state.Poisoners);
                }),
            preemptions: 2);

    [Fact]
    public void A_fence_rented_while_its_pool_is_disposed_completes() =>
        Verify(
            Scenario.Of("dispose against rent against signal", () => new EndingPool())
                .Thread("disposer", state => state.Pool.Dispose())
                .Thread("renter", state => state.Rent())
                .Thread("signaler", state => state.First.TrySignal())
                .AtEnd(state => Assert.All(state.Fences, fence => Assert.True(fence.IsSignaled))),
            preemptions: 3);

    private sealed class Ending
    {
        private readonly CountingCallback _callback = new();
        private Fence _fence;
        private bool _isAdded;

        public Ending(bool issued = false)
        {
            if (issued)
            {
                IssueAndAdd();
            }
        }

        public FenceTimeline Timeline { get; } = new("device");

        public int Poisoners { get; private set; }

        public void IssueAndAdd()
        {
            try
            {
                _fence = Timeline.Issue();
                _isAdded = _fence.TryAddCallback(_callback);
            }
            catch (ObjectDisposedException)
            {
                // Too late to issue: then there is nothing to complete.
            }
        }

        public void Poison()
        {
            // Not `Poisoners += ...`: that reads the count before the call, and the other poisoner may come in between.
            if (Timeline.Poison(new InvalidOperationException("lost")))
            {
                Poisoners++;
            }
        }

        public void CheckComplete()
        {
            Assert.True(_fence.IsSignaled);
            Assert.Equal(_isAdded ? 1 : 0, _callback.Runs);
            Assert.Equal(_isAdded ? _fence.Status : FenceStatus.Pending, _callback.Status);
        }
    }

    private sealed class EndingPool
    {
        private readonly FenceSource _first;

        public EndingPool()
        {
            Assert.True(Pool.TryRent(out _first));
            Fences.Add(_first.Fence);
        }

        public FencePool Pool { get; } = new("pool", 2);

        public List<Fence> Fences { get; } = [];

        public FenceSource First => _first;

        public void Rent()
        {
            try
            {
                if (Pool.TryRent(out FenceSource source))
                {
                    Fences.Add(source.Fence);
                }
            }
            catch (ObjectDisposedException)
            {
                // Too late to rent.
            }
        }
    }
}
