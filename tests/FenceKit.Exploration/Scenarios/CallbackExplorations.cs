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
    [InlineData(MemoryModel.SequentiallyConsistent, 5, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 2, 1)]
    [InlineData(MemoryModel.TotalStoreOrder, 1, 2)]
    public void A_removed_callback_never_runs_and_a_running_one_was_not_removed(MemoryModel memory, int preemptions, int added) =>
        Verify(
            Scenario.Of($"remove one of {added} against signal", () => new OneFence(added))
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

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_callback_that_is_added_again_while_it_runs_has_finished_when_its_last_signal_returns(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("run against add again and signal", () => new ThreeRounds())
                .Thread("first signaler", state => state.First.Signal(1))
                .Thread("adder and second signaler", state => state.AddAgainAndSignal())
                .AtEnd(state => state.CheckFinished()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Of_two_adds_of_one_callback_to_two_timelines_one_is_refused_as_misuse(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add here against add there", () => new TwoHomes())
                .Thread("adder here", state => state.Add(0))
                .Thread("adder there", state => state.Add(1))
                .AtEnd(state => state.CheckOneRuns()),
            preemptions,
            memory);

    [Fact]
    public void A_callback_that_was_refused_elsewhere_can_still_be_removed_where_it_waits() =>
        Verify(
            Scenario.Of("add elsewhere against its signal, after a round here", () => new TwoHomes(rounds: 1))
                .Thread("adder", state => state.AddThereAndRemoveHere())
                .Thread("signaler", state => state.Timelines[1].Signal(2))
                .AtEnd(state => Assert.Equal(state.IsAdded[1] ? 1 : 0, state.Callback.Runs - 1)),
            preemptions: 4);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_callback_on_its_way_to_a_timeline_has_not_finished_there(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add elsewhere against remove there, after a round here", () => new TwoHomes(rounds: 1))
                .Thread("adder", state => state.AddThereForTheFirst())
                .Thread("remover", state => state.RemoveThere())
                .AtEnd(state => state.CheckRemovedThere()),
            preemptions,
            memory);

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

    /// <summary>A callback that another thread adds to the next point as soon as that is allowed, and signals it there.</summary>
    private sealed class ThreeRounds
    {
        private readonly CountingCallback _callback;
        private int _isRunning;

        public ThreeRounds()
        {
            _callback = new CountingCallback(() => Volatile.Write(ref _isRunning, 1));
            Assert.True(First.Issue().TryAddCallback(_callback));
            Second.Issue(2);
        }

        public FenceTimeline First { get; } = new("first");

        public FenceTimeline Second { get; } = new("second");

        public void AddAgainAndSignal()
        {
            Explored.WaitUntil(() => _isRunning == 1, "the callback runs");
            for (ulong point = 1; point <= 2; point++)
            {
                Fence fence = Second.GetFence(point);
                Assert.True(fence.TryAddCallback(_callback));
                Second.Signal(point);
                Assert.Equal(1 + (int)point, _callback.Runs);
                Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(_callback));
            }
        }

        public void CheckFinished()
        {
            Assert.Equal(3, _callback.Runs);
            Assert.Equal(FenceCallbackRemoval.Finished, Second.GetFence(2).TryRemoveCallback(_callback));
        }
    }

    private sealed class TwoHomes
    {
        private int _misuses;
        private FenceCallbackRemoval _removedThere;

        public TwoHomes(int rounds = 0)
        {
            foreach (FenceTimeline timeline in Timelines)
            {
                timeline.Issue(2);
            }

            for (int i = 0; i < rounds; i++)
            {
                Assert.True(Timelines[0].GetFence(1).TryAddCallback(Callback));
                Timelines[0].Signal(1);
            }
        }

        public FenceTimeline[] Timelines { get; } = [new("here"), new("there")];

        public CountingCallback Callback { get; } = new();

        public bool[] IsAdded { get; } = new bool[2];

        public void Add(int index)
        {
            try
            {
                IsAdded[index] = Timelines[index].GetFence(2).TryAddCallback(Callback);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref _misuses);
            }
        }

        public void AddThereAndRemoveHere()
        {
            Add(1);
            FenceCallbackRemoval here = Timelines[0].GetFence(1).TryRemoveCallback(Callback);
            Assert.Equal(IsAdded[1] ? FenceCallbackRemoval.NotAdded : FenceCallbackRemoval.Finished, here);
        }

        /// <summary>For the point that it has waited for here, so that only the timeline tells the two apart.</summary>
        public void AddThereForTheFirst() => IsAdded[1] = Timelines[1].GetFence(1).TryAddCallback(Callback);

        public void RemoveThere() => _removedThere = Timelines[1].GetFence(1).TryRemoveCallback(Callback);

        public void CheckRemovedThere()
        {
            Assert.True(IsAdded[1]);
            Assert.True(_removedThere is FenceCallbackRemoval.NotAdded or FenceCallbackRemoval.Removed, $"{_removedThere}, and it never ran there");
            Timelines[1].Signal(1);
            Assert.Equal(_removedThere == FenceCallbackRemoval.Removed ? 1 : 2, Callback.Runs);
        }

        public void CheckOneRuns()
        {
            Assert.Equal(1, _misuses);
            Assert.NotEqual(IsAdded[0], IsAdded[1]);
            Timelines[IsAdded[0] ? 1 : 0].Signal(2);
            Assert.Equal(0, Callback.Runs);
            Timelines[IsAdded[0] ? 0 : 1].Signal(2);
            Assert.Equal(1, Callback.Runs);
        }
    }

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
