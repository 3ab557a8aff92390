using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class CallbackExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 6)]
    [InlineData(MemoryModel.TotalStoreOrder, 3)]
    public void A_callback_runs_once_when_its_add_succeeded_and_never_when_it_was_refused(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add against signal", () => new OneFence())
                .Thread("adder", state => state.Add(0))
                .Thread("signaler", state => Assert.True(state.Timeline.Signal(state.Fence)))
                .AtEnd(state => state.CheckRuns(FenceStatus.Signaled)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 6)]
    [InlineData(MemoryModel.TotalStoreOrder, 3)]
    public void A_callback_gets_the_fault_of_the_signal_that_it_met(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add against fault", () => new OneFence())
                .Thread("adder", state => state.Add(0))
                .Thread("faulter", state => Assert.True(state.Timeline.Signal(state.Fence, state.Error)))
                .AtEnd(state => state.CheckRuns(FenceStatus.Faulted)),
            preemptions,
            memory);

    [Fact]
    public void Two_callbacks_of_one_fence_both_run_once() =>
        Verify(
            Scenario.Of("two adds against signal", () => new OneFence())
                .Thread("adder", state => state.Add(0))
                .Thread("other adder", state => state.Add(1))
                .Thread("signaler", state => state.Timeline.Signal(state.Fence))
                .AtEnd(state => state.CheckRuns(FenceStatus.Signaled)),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 5)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_removed_callback_never_runs_and_a_running_one_was_not_removed(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("remove against signal", () => new OneFence(added: 2))
                .Thread("remover", state => state.Remove(0))
                .Thread("signaler", state => state.Timeline.Signal(state.Fence))
                .AtEnd(state => state.CheckRuns(FenceStatus.Signaled)),
            preemptions,
            memory);

    [Fact]
    public void A_removed_callback_can_be_added_again_at_once() =>
        Verify(
            Scenario.Of("remove and add against signal", () => new OneFence(added: 1))
                .Thread("remover", state =>
                {
                    state.Remove(0);
                    if (!state.IsAdded[0])
                    {
                        state.Add(0);
                    }
                })
                .Thread("signaler", state => state.Timeline.Signal(state.Fence))
                .AtEnd(state => state.CheckRuns(FenceStatus.Signaled)),
            preemptions: 4);

    [Fact]
    public void Two_removers_of_one_callback_have_one_winner() =>
        Verify(
            Scenario.Of("remove against remove against signal", () => new OneFence(added: 2))
                .Thread("remover", state => state.Remove(0))
                .Thread("other remover", state => state.Remove(0))
                .Thread("signaler", state => state.Timeline.Signal(state.Fence))
                .AtEnd(state =>
                {
                    Assert.InRange(state.Removed, 0, 1);
                    state.CheckRuns(FenceStatus.Signaled);
                }),
            preemptions: 2);

    private sealed class OneFence
    {
        private readonly CountingCallback[] _callbacks = [new(), new()];

        public OneFence(int added = 0)
        {
            Fence = Timeline.Issue();
            for (int i = 0; i < added; i++)
            {
                Add(i);
            }
        }

        public FenceTimeline Timeline { get; } = new("device");

        public Fence Fence { get; }

        public Exception Error { get; } = new InvalidOperationException("lost");

        public bool[] IsAdded { get; } = new bool[2];

        public int Removed { get; private set; }

        public void Add(int index)
        {
            IsAdded[index] = Fence.TryAddCallback(_callbacks[index]);
            Assert.True(IsAdded[index] || Fence.IsSignaled, "An add is only refused when the fence has signaled.");
        }

        public void Remove(int index)
        {
            FenceCallbackRemoval removal = Fence.TryRemoveCallback(_callbacks[index]);
            Assert.True(removal != FenceCallbackRemoval.Finished || _callbacks[index].Runs == 1, "Finished means that it ran.");
            Assert.True(removal != FenceCallbackRemoval.Running || Fence.IsSignaled, "Only a signaled fence runs callbacks.");
            if (removal == FenceCallbackRemoval.Removed)
            {
                IsAdded[index] = false;
                Removed++;
            }
        }

        public void CheckRuns(FenceStatus expected)
        {
            Assert.Equal(expected, Fence.Status);
            for (int i = 0; i < _callbacks.Length; i++)
            {
                Assert.Equal(IsAdded[i] ? 1 : 0, _callbacks[i].Runs);
                Assert.Equal(IsAdded[i] ? expected : FenceStatus.Pending, _callbacks[i].Status);
                Assert.Equal(IsAdded[i] && expected == FenceStatus.Faulted ? Error : null, _callbacks[i].Fault);
            }
        }
    }
}
