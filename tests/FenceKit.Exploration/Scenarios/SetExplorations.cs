using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class SetExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Waiting_for_any_names_a_fence_that_has_completed(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait any against two signals", () => new TwoDevices())
                .Thread("waiter", state => state.CheckAny(Fence.WaitAny(state.Fences)))
                .Thread("first device", state => state.First.Signal(1))
                .Thread("second device", state => state.Second.Signal(1, state.Error))
                .AtEnd(state => state.CheckNothingLeft()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Waiting_for_all_ends_after_the_last_and_tells_the_fault(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait all against two signals", () => new TwoDevices())
                .Thread("waiter", state => state.CheckAll(Fence.WaitAll(state.Fences)))
                .Thread("first device", state => state.First.Signal(1))
                .Thread("second device", state => state.Second.Signal(1, state.Error))
                .AtEnd(state => state.CheckNothingLeft()),
            preemptions,
            memory);

    [Fact]
    public void Awaiting_any_and_then_all_ends_with_the_right_answers() =>
        Verify(
            Scenario.Of("await any, await all against two signals", () => new TwoDevices())
                .Thread("awaiter", state => state.AwaitAnyThenAll())
                .Thread("first device", state => state.First.Signal(1))
                .Thread("second device", state => state.Second.Signal(1, state.Error))
                .AtEnd(state =>
                {
                    Assert.Equal(2, state.Answers);
                    state.CheckNothingLeft();
                }),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_wait_set_hands_out_every_completion_once(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait set: take, take against signal", () => new WatchedDevices())
                .Thread("taker", state =>
                {
                    state.Take();
                    state.Take();
                })
                .Thread("devices", state =>
                {
                    state.Devices.First.Signal(1);
                    state.Devices.Second.Signal(1, state.Devices.Error);
                })
                .AtEnd(state => Assert.Equal(3, state.Taken)),
            preemptions,
            memory);

    [Fact]
    public void A_cleared_slot_of_a_wait_set_hands_out_nothing() =>
        Verify(
            Scenario.Of("wait set: clear and set again against signal", () => new WatchedDevices())
                .Thread("clearer", state => state.ClearFirstAndWatchSecondThere())
                .Thread("devices", state =>
                {
                    state.Devices.First.Signal(1);
                    state.Devices.Second.Signal(1, state.Devices.Error);
                })
                .AtEnd(state => state.CheckOnlySecond()),
            preemptions: 3);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_set_that_leaves_a_list_of_two_leaves_the_other_in_it(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any against add beside it, signal", () => new TwoDevices())
                .Thread("awaiter", state => state.AwaitAny())
                .Thread("adder and second device", state =>
                {
                    state.AddBeside(1);
                    state.Second.Signal(1, state.Error);
                })
                .AtEnd(state => state.CheckBeside(1)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3, true)]
    [InlineData(MemoryModel.TotalStoreOrder, 1, false)] // a fault is written down in many stores; late, they are too many to see all
    public void A_set_whose_node_has_left_takes_nobody_else_out(MemoryModel memory, int preemptions, bool faults) =>
        Verify(
            Scenario.Of("await any against signal, add in its place", () => new TwoDevices { SecondFaults = faults })
                .Thread("awaiter", state => state.AwaitAny())
                .Thread("first device and adder", state =>
                {
                    state.First.Signal(1);
                    state.AddBeside(2);
                })
                .Thread("second device", state => state.SignalSecond())
                .AtEnd(state => state.CheckBeside(2)),
            preemptions,
            memory);

    private sealed class TwoDevices
    {
        private readonly CountingCallback _beside = new();

        public TwoDevices()
        {
            Fences = [First.Issue(), Second.Issue()];
            First.Issue();
        }

        public FenceTimeline First { get; } = new("first");

        public FenceTimeline Second { get; } = new("second");

        public Fence[] Fences { get; }

        public Exception Error { get; } = new InvalidOperationException("lost");

        public bool SecondFaults { get; init; } = true;

        public int Answers { get; private set; }

        public void SignalSecond() => _ = SecondFaults ? Second.Signal(1, Error) : Second.Signal(1);

        public void CheckAny(FenceWaitResult result)
        {
            Assert.InRange(result.Index, 0, 1);
            Assert.True(Fences[result.Index].IsSignaled);
            Assert.Equal(result.Index == 1 && SecondFaults ? FenceStatus.Faulted : FenceStatus.Signaled, result.Status);
        }

        public void CheckAll(FenceWaitResult result)
        {
            Assert.All(Fences, fence => Assert.True(fence.IsSignaled));
            Assert.Equal(FenceStatus.Faulted, result.Status);
            Assert.Equal(1, result.Index);
            Assert.Same(Error, result.Error);
        }

        public void AddBeside(ulong point) => Assert.True(First.GetFence(point).TryAddCallback(_beside));

        public void CheckBeside(ulong point)
        {
            Assert.Equal(1, Answers);
            Assert.Equal(0, _beside.Runs);
            First.Signal(point);
            Assert.Equal(1, _beside.Runs);
        }

        public async void AwaitAny()
        {
            CheckAny(await Fence.WaitAnyAsync(Fences).ConfigureAwait(FenceContinuation.Inline));
            Answers++;
        }

        public async void AwaitAnyThenAll()
        {
            CheckAny(await Fence.WaitAnyAsync(Fences).ConfigureAwait(FenceContinuation.Inline));
            Answers++;
            CheckAll(await Fence.WaitAllAsync(Fences).ConfigureAwait(FenceContinuation.Inline));
            Answers++;
        }

        /// <summary>A node that stayed behind would keep the timeline's word from being just the counter.</summary>
        public void CheckNothingLeft()
        {
            var late = new CountingCallback();
            Assert.True(First.GetFence(2).TryAddCallback(late));
            Assert.True(First.Signal(2));
            Assert.Equal(1, late.Runs);
        }
    }

    private sealed class WatchedDevices
    {
        private readonly FenceWaitSet _set = new(2);

        public WatchedDevices()
        {
            _set.Set(0, Devices.Fences[0]);
            _set.Set(1, Devices.Fences[1]);
        }

        public TwoDevices Devices { get; } = new();

        /// <summary>A bit for every slot that was handed out.</summary>
        public int Taken { get; private set; }

        public void Take()
        {
            FenceWaitResult result = _set.WaitAny(Timeout.InfiniteTimeSpan);
            Devices.CheckAny(result);
            int bit = 1 << result.Index;
            Assert.Equal(0, Taken & bit);
            Taken |= bit;
        }

        public void ClearFirstAndWatchSecondThere()
        {
            _set.Clear(0);
            _set.Clear(1);
            _set.Set(0, Devices.Fences[1]);
        }

        public void CheckOnlySecond()
        {
            Assert.True(_set.WaitAll(TimeSpan.Zero));
            Assert.True(_set.TryTake(out FenceWaitResult result));
            Assert.Equal(0, result.Index);
            Assert.Equal(FenceStatus.Faulted, result.Status);
            Assert.False(_set.TryTake(out _));
        }
    }
}
