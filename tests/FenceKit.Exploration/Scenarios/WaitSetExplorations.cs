using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Wait sets whose waits end by time, by token, or because the set is disposed: no completion is lost, none is handed out twice.</summary>
public class WaitSetExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_take_that_is_canceled_leaves_the_completion_to_the_next(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait set: take against signals against cancel", () => new WatchedClockedDevices())
                .Thread("taker", state => state.Take(Timeout.InfiniteTimeSpan))
                .Thread("devices", state => state.Devices.SignalBoth())
                .Thread("canceler", state => state.Devices.Cancel())
                .AtEnd(state => state.CheckEveryCompletionOnce()),
            preemptions,
            memory);

    [Fact]
    public void A_take_whose_time_is_over_leaves_the_completion_to_the_next() =>
        Verify(
            Scenario.Of("wait set: take against signals against clock", () => new WatchedClockedDevices())
                .Thread("taker", state => state.Take(ClockedDevices.Limit))
                .Thread("devices", state => state.Devices.SignalBoth())
                .Thread("clock", state => state.EndTime())
                .AtEnd(state => state.CheckEveryCompletionOnce()),
            preemptions: 2);

    [Fact]
    public void Two_takers_never_get_the_same_completion() =>
        Verify(
            Scenario.Of("wait set: take against take against signals", () => new WatchedClockedDevices())
                .Thread("taker", state => state.Take(Timeout.InfiniteTimeSpan))
                .Thread("other taker", state => state.Take(Timeout.InfiniteTimeSpan))
                .Thread("devices", state => state.Devices.SignalBoth())
                .AtEnd(state =>
                {
                    Assert.Equal(3, state.Taken);
                    state.CheckEveryCompletionOnce();
                }),
            preemptions: 1);

    [Fact]
    public void A_take_without_a_thread_ends_by_a_signal_or_by_its_token() =>
        Verify(
            Scenario.Of("wait set: async take against signal and cancel", () => new WatchedClockedDevices())
                .Thread("taker", state => state.TakeAsync())
                .Thread("device and canceler", state =>
                {
                    state.Devices.First.Signal(1);
                    state.Devices.Cancel();
                })
                .PoolThread()
                .AtEnd(state => state.CheckEveryCompletionOnce()),
            preemptions: 2);

    [Fact]
    public void A_take_without_a_thread_whose_time_is_over_leaves_the_completion_to_the_next() =>
        Verify(
            Scenario.Of("wait set: async take against signal against clock", () => new WatchedClockedDevices())
                .Thread("taker", state => state.TakeInTimeAsync())
                .Thread("device", state => state.Devices.First.Signal(1))
                .Thread("clock", state => state.EndTime())
                .AtEnd(state => state.CheckEveryCompletionOnce()),
            preemptions: 2);

    [Fact]
    public void A_wait_for_all_says_that_time_was_over_only_if_something_was_pending() =>
        Verify(
            Scenario.Of("wait set: wait for all against signals against clock", () => new WatchedClockedDevices())
                .Thread("waiter", state => state.WaitForAll())
                .Thread("devices", state => state.Devices.SignalBoth())
                .Thread("clock", state => state.EndTime())
                .AtEnd(state => state.CheckEveryCompletionOnce()),
            preemptions: 2);

    [Fact]
    public void A_slot_that_is_emptied_while_it_is_filled_leaves_nobody_waiting() =>
        Verify(
            Scenario.Of("wait set: set against clear", () => new WatchedClockedDevices())
                .Thread("filler", state => state.WatchLater())
                .Thread("clearer", state => state.Clear())
                .AtEnd(state => state.CheckWaitsOnlyForWhatItWatches()),
            preemptions: 3);

    [Fact]
    public void A_set_that_is_disposed_ends_the_waits_on_it() =>
        Verify(
            Scenario.Of("wait set: take against signal against dispose", () => new WatchedClockedDevices())
                .Thread("taker", state => state.Take(Timeout.InfiniteTimeSpan))
                .Thread("devices", state => state.Devices.SignalBoth())
                .Thread("disposer", state => state.Dispose())
                .AtEnd(state => state.CheckNothingWatched()),
            preemptions: 1);

    private sealed class WatchedClockedDevices
    {
        private readonly FenceWaitSet _set;
        private bool _isDisposed;
        private readonly Fence _later;
        private bool _wasReady; // something had arrived, and was not taken, before time was over
        private bool _wasDrained; // nothing was pending before time was over

        public WatchedClockedDevices()
        {
            _set = new FenceWaitSet(2, new FenceTimelineOptions { TimeProvider = Devices.Clock });
            _set.Set(0, Devices.Fences[0]);
            _set.Set(1, Devices.Fences[1]);
            _later = Devices.First.Issue();
        }

        public ClockedDevices Devices { get; } = new();

        /// <summary>A bit for every slot that was handed out.</summary>
        public int Taken { get; private set; }

        public void Take(TimeSpan limit)
        {
            try
            {
                Account(_set.WaitAny(limit, Devices.Cancellation.Token));
            }
            catch (OperationCanceledException)
            {
                Assert.True(Devices.Cancellation.IsCancellationRequested, "canceled by nobody");
            }
            catch (ObjectDisposedException)
            {
                Assert.True(_isDisposed, "disposed by nobody");
            }
        }

        public void TakeInTimeAsync() => Devices.Flows.Start(async () =>
            Account(await _set.WaitAnyAsync(ClockedDevices.Limit, FenceContinuation.Inline)));

        public void WaitForAll()
        {
            if (!_set.WaitAll(ClockedDevices.Limit))
            {
                Assert.True(Devices.Clock.GetElapsedTime(0) >= ClockedDevices.Limit, "gave up before its time was over");
                Assert.False(_wasDrained, "said that time was over although nothing was pending before");
            }
        }

        public void WatchLater() => _set.Set(0, _later);

        public void Clear() => _set.Clear(0);

        public void CheckWaitsOnlyForWhatItWatches()
        {
            bool isWatched = _set.Watched == 2;
            TakeInTimeAsync(); // who waits for the set waits for what it watches
            Assert.Equal(isWatched, Devices.First.DumpPending().Contains("2 is waited for", StringComparison.Ordinal));
            Devices.First.Signal(2);
            Assert.Equal(isWatched ? 1 : 0, Taken);
        }

        public void TakeAsync() => Devices.Flows.Start(async () =>
        {
            try
            {
                Account(await _set.WaitAnyAsync(Timeout.InfiniteTimeSpan, Devices.Cancellation.Token));
            }
            catch (OperationCanceledException)
            {
                Assert.True(Devices.Cancellation.IsCancellationRequested, "canceled by nobody");
            }
        });

        public void EndTime()
        {
            _wasReady = _set.Ready > 0;
            _wasDrained = _set.Watched == 0;
            Devices.Clock.Advance(ClockedDevices.Limit);
        }

        public void Dispose()
        {
            _isDisposed = true;
            _set.Dispose();
        }

        public void CheckEveryCompletionOnce()
        {
            Devices.Flows.CheckOver();
            Devices.SignalBoth();
            while (_set.TryTake(out FenceWaitResult result))
            {
                Account(result);
            }

            Assert.Equal(3, Taken);
            Assert.Equal(0, _set.Watched);
        }

        public void CheckNothingWatched()
        {
            Assert.Equal(0, _set.Watched);
            Assert.Equal(0, _set.Ready);
        }

        private void Account(FenceWaitResult result)
        {
            if (result.IsTimeout)
            {
                Assert.True(Devices.Clock.GetElapsedTime(0) >= ClockedDevices.Limit, "gave up before its time was over");
                Assert.False(_wasReady, "said that time was over although something had arrived before");
                return;
            }

            Assert.Equal(0, Taken & (1 << result.Index));
            Assert.Equal(result.Index == 0 ? FenceStatus.Signaled : FenceStatus.Faulted, result.Status);
            Taken |= 1 << result.Index;
        }
    }
}
