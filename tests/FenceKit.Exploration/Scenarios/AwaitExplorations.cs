using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Awaits that take turns at the node that a timeline keeps for them, and what their continuations are told.</summary>
public class AwaitExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Two_who_await_the_same_timeline_are_both_continued(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await against await against signal", () => new KeptNode())
                .Thread("awaiter", state => state.Await(1, FenceContinuation.Inline))
                .Thread("other awaiter", state => state.Await(2, FenceContinuation.Inline))
                .Thread("signaler", state => state.SignalAll())
                .AtEnd(state => state.Check(2)),
            preemptions,
            memory);

    [Fact]
    public void A_continuation_that_awaits_again_takes_turns_with_another() =>
        Verify(
            Scenario.Of("await, await against await against signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitBoth(FenceContinuation.Inline))
                .Thread("other awaiter", state => state.Await(2, FenceContinuation.Inline))
                .Thread("signaler", state => state.SignalAll())
                .AtEnd(state => state.Check(3)),
            preemptions: 2);

    [Fact]
    public void The_node_is_not_taken_again_before_its_continuation_is_out() =>
        Verify(
            Scenario.Of("await on the thread pool against await against signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitBoth(FenceContinuation.ThreadPool))
                .Thread("signaler", state => state.SignalAll())
                .PoolThread()
                .AtEnd(state => state.Check(2)),
            preemptions: 3);

    [Theory]
    [InlineData(FenceContinuation.Inline)]
    [InlineData(FenceContinuation.ThreadPool)]
    public void A_continuation_hears_a_fault_that_the_timeline_has_forgotten(FenceContinuation place) =>
        Verify(
            Scenario.Of("fault, fault, fault", () => new KeptNode(awaitedAt: place))
                .Thread("signaler", state => state.FaultAll())
                .Thread("other awaiter", state => state.Await(3, FenceContinuation.Inline))
                .PoolThread()
                .AtEnd(state => state.CheckFaults()),
            preemptions: 2);

    /// <summary>A timeline that has been awaited before, so that it keeps a node; it remembers one fault.</summary>
    private sealed class KeptNode
    {
        private readonly FenceTimeline _timeline = new("device", new FenceTimelineOptions { RetainedFaults = 1, PoolProvider = new TwinPoolProvider() });
        private readonly Exception[] _errors = [new InvalidOperationException("first"), new InvalidOperationException("second"), new InvalidOperationException("third")];
        private readonly ulong _base;
        private int _continued;
        private Exception? _firstHeard;
        private Exception? _secondHeard;

        public KeptNode()
        {
            for (int i = 0; i < 2; i++)
            {
                Fence before = _timeline.Issue();
                before.ConfigureAwait(FenceContinuation.Inline).GetAwaiter().UnsafeOnCompleted(static () => { });
                _timeline.Signal(before);
            }

            _base = _timeline.Issued;
            _timeline.Issue(3);
        }

        public KeptNode(FenceContinuation awaitedAt)
            : this()
        {
            Listen(1, awaitedAt, error => _firstHeard = error);
            Listen(2, awaitedAt, error => _secondHeard = error);
        }

        public void SignalAll()
        {
            _timeline.Signal(_base + 1);
            _timeline.Signal(_base + 2);
        }

        public void FaultAll()
        {
            for (int i = 0; i < _errors.Length; i++)
            {
                _timeline.Signal(_base + 1 + (ulong)i, _errors[i]);
            }
        }

        public async void Await(ulong point, FenceContinuation place)
        {
            try
            {
                await AwaitPoint(point, place);
            }
            catch (InvalidOperationException)
            {
                // the third may have faulted
            }
        }

        public async void AwaitBoth(FenceContinuation place)
        {
            await AwaitPoint(1, place);
            await AwaitPoint(2, place);
        }

        public void Check(int expected)
        {
            Assert.Equal(expected, _continued);
        }

        public void CheckFaults()
        {
            Assert.Same(_errors[0], _firstHeard);
            Assert.Same(_errors[1], _secondHeard);
        }

        private async Task AwaitPoint(ulong point, FenceContinuation place)
        {
            Fence fence = _timeline.GetFence(_base + point);
            await fence.ConfigureAwait(place);
            Assert.True(fence.IsSignaled, "continued before the signal");
            Interlocked.Increment(ref _continued);
        }

        private async void Listen(ulong point, FenceContinuation place, Action<Exception> hear)
        {
            try
            {
                await _timeline.GetFence(_base + point).ConfigureAwait(place);
            }
            catch (InvalidOperationException exception)
            {
                hear(exception);
            }
        }
    }
}
