using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>A completion queue that is watched, read, filled to the brim and closed at once: no completion is lost, none comes twice.</summary>
public class CompletionQueueExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_full_queue_refuses_and_loses_nothing(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("watch, watch against signals against read", () => new WatchedCompletions(capacity: 1))
                .Thread("watcher", state =>
                {
                    state.Watch(0);
                    state.Watch(1);
                })
                .Thread("devices", state => state.SignalBoth())
                .Thread("reader", state => state.TryRead())
                .AtEnd(state => state.CheckEverythingRead()),
            preemptions,
            memory);

    [Fact]
    public void A_place_is_given_back_once() =>
        Verify(
            Scenario.Of("watch against watch against signals", () => new WatchedCompletions(capacity: 2))
                .Thread("watcher", state => state.Watch(0))
                .Thread("other watcher", state => state.Watch(1))
                .Thread("devices", state => state.SignalBoth())
                .AtEnd(state => state.CheckEverythingRead()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_queue_that_is_closed_watches_nothing_any_more(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("watch against dispose against signal", () => new WatchedCompletions(capacity: 2))
                .Thread("watcher", state => state.Watch(0))
                .Thread("disposer", state => state.Queue.Dispose())
                .Thread("device", state => state.SignalFirst())
                .AtEnd(state => state.CheckClosed()),
            preemptions,
            memory);

    [Fact]
    public void A_queue_that_is_closed_leaves_no_callback_behind() =>
        Verify(
            Scenario.Of("watch against dispose", () => new WatchedCompletions(capacity: 2))
                .Thread("watcher", state => state.Watch(0))
                .Thread("disposer", state => state.Queue.Dispose())
                .AtEnd(state => Assert.Equal(0, state.Queue.InUse)),
            preemptions: 4);

    [Fact]
    public void Closing_twice_at_once_closes_once() =>
        Verify(
            Scenario.Of("dispose against dispose against signal", () => new WatchedCompletions(capacity: 2, watched: 2))
                .Thread("disposer", state => state.Queue.Dispose())
                .Thread("other disposer", state => state.Queue.Dispose())
                .Thread("device", state => state.SignalFirst())
                .AtEnd(state => state.CheckClosed()),
            preemptions: 2);

    private sealed class WatchedCompletions
    {
        private readonly FenceTimeline _first = new("first");
        private readonly FenceTimeline _second = new("second");
        private readonly Exception _error = new InvalidOperationException("lost");
        private readonly bool[] _isWatched = new bool[2];
        private readonly int[] _reads = new int[2];

        public WatchedCompletions(int capacity, int watched = 0)
        {
            Queue = new FenceCompletionQueue(capacity);
            _first.Issue();
            _second.Issue();
            for (int i = 0; i < watched; i++)
            {
                Watch(i);
            }
        }

        public FenceCompletionQueue Queue { get; }

        public void Watch(int device)
        {
            try
            {
                _isWatched[device] = Queue.TryWatch((device == 0 ? _first : _second).GetFence(1), (ulong)device);
            }
            catch (ObjectDisposedException)
            {
                // closed before
            }
        }

        public void SignalFirst() => _first.Signal(1);

        public void SignalBoth()
        {
            _first.Signal(1);
            _second.Signal(1, _error);
        }

        public void TryRead()
        {
            if (Queue.Reader.TryRead(out FenceCompletion completion))
            {
                int device = (int)completion.Tag;
                _reads[device]++;
                Assert.Equal((device == 0 ? _first : _second).GetFence(1), completion.Fence);
                Assert.Equal(device == 0 ? FenceStatus.Signaled : FenceStatus.Faulted, completion.Status);
                Assert.Same(device == 0 ? null : _error, completion.Error);
            }
        }

        public void CheckEverythingRead()
        {
            TryRead();
            TryRead();
            for (int device = 0; device < 2; device++)
            {
                Assert.Equal(_isWatched[device] ? 1 : 0, _reads[device]);
            }

            Assert.Equal(0, Queue.InUse);
            for (int place = 0; place < Queue.Capacity; place++)
            {
                Assert.True(Queue.TryWatch(default, 0), "a place was lost");
            }

            Assert.False(Queue.TryWatch(default, 0), "there is a place too many");
        }

        public void CheckClosed()
        {
            TryRead();
            TryRead();
            Assert.InRange(_reads[0], 0, _isWatched[0] ? 1 : 0);
            Assert.Equal(0, _reads[1]);
            Assert.True(Queue.Reader.Completion.IsCompletedSuccessfully, "the reader waits for ever");

            // What was still watched has been taken back, and what had completed has been read, or was dropped with the queue.
            CountingCallback late = new();
            Assert.True(_second.GetFence(1).TryAddCallback(late));
            _second.Signal(1);
            Assert.Equal(1, late.Runs);
        }
    }
}
