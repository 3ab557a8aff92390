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
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_wait_with_a_token_ends_once_by_the_signal_or_by_the_token(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await with a token against cancel against signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitWithToken(1))
                .Thread("canceler", state => state.Cancel())
                .Thread("signaler", state => state.SignalAll())
                .AtEnd(state => state.Check(1)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 5)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_token_that_is_canceled_as_the_wait_begins_ends_it_without_a_signal(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await with a token against cancel", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitWithToken(1))
                .Thread("canceler", state => state.Cancel())
                .AtEnd(state => state.Check(1)),
            preemptions,
            memory);

    [Fact]
    public void A_late_token_leaves_the_next_wait_of_the_node_alone() =>
        Verify(
            Scenario.Of("await with a token, await without against cancel against signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitWithTokenThenWithout())
                .Thread("canceler", state => state.Cancel())
                .Thread("signaler", state => state.SignalAll())
                .AtEnd(state => state.Check(2)),
            preemptions: 2);

    [Fact]
    public void A_late_token_leaves_a_wait_with_another_token_alone() =>
        Verify(
            Scenario.Of("await with a token, await with another against cancel against signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitWithTokenThenWithAnother())
                .Thread("canceler", state => state.Cancel())
                .Thread("signaler", state => state.SignalAll())
                .AtEnd(state => state.Check(2)),
            preemptions: 2);

    [Fact]
    public void A_late_registration_leaves_a_wait_without_a_token_alone_that_got_the_node_from_the_pool() =>
        Verify(
            Scenario.Of("await with a token against signal, await without against cancel, somebody waits with the kept node", () => new KeptNode().Occupied())
                .Thread("awaiter", state => state.AwaitWithToken(1))
                .Thread("signaler", state => state.SignalFirstThenAwaitSecond())
                .Thread("canceler", state => state.Cancel())
                .AtEnd(state =>
                {
                    state.SignalAll();
                    state.Check(2);
                }),
            preemptions: 2);

    [Fact]
    public void A_canceled_node_is_not_taken_again_before_its_continuation_is_out() =>
        Verify(
            Scenario.Of("await with a token against cancel against await against signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitWithToken(2))
                .Thread("canceler", state => state.Cancel())
                .Thread("other awaiter", state => state.Await(1, FenceContinuation.Inline))
                .Thread("signaler", state => state.SignalAll())
                .AtEnd(state => state.Check(2)),
            preemptions: 1);

    [Fact]
    public void A_canceled_wait_keeps_its_continuation_until_the_thread_pool_runs_it() =>
        Verify(
            Scenario.Of("await with a token on the thread pool against cancel against await, signal", () => new KeptNode())
                .Thread("awaiter", state => state.AwaitWithToken(1, FenceContinuation.ThreadPool))
                .Thread("canceler", state => state.Cancel())
                .Thread("other awaiter and signaler", state =>
                {
                    state.AwaitSecondByHand();
                    state.SignalAll();
                })
                .PoolThread()
                .AtEnd(state => state.Check(2)),
            preemptions: 1);

    [Fact]
    public void A_continuation_hears_that_its_point_signaled_although_the_timeline_no_longer_knows() =>
        Verify(
            Scenario.Of("signal against fault, fault", () => new KeptNode(isFaultedBefore: true))
                .Thread("signaler", state => state.SignalFirst())
                .Thread("faulter", state => state.FaultOthers())
                .AtEnd(state => state.CheckFirstOutcome()),
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
        private readonly CancellationTokenSource _cancellation = new();
        private readonly CancellationTokenSource _neverCanceled = new();
        private readonly ulong _base;
        private FenceStatus? _firstOutcome;
        private bool _signaledFirst;
        private int _continued;
        private Exception? _firstHeard;
        private Exception? _secondHeard;

        /// <summary>It was awaited twice before, which makes the timeline keep a node.</summary>
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

        public KeptNode(bool isFaultedBefore)
            : this()
        {
            Assert.True(isFaultedBefore);
            _timeline.Signal(_base + 1, _errors[0]);
            Note(2);
        }

        /// <summary>Somebody waits with the node that the timeline keeps, until the end and beyond: others get theirs from the pool.</summary>
        public KeptNode Occupied()
        {
            _timeline.GetFence(_base + 3).ConfigureAwait(FenceContinuation.Inline).GetAwaiter().UnsafeOnCompleted(static () => { });
            return this;
        }

        public void SignalFirst() => _signaledFirst = _timeline.Signal(_base + 2);

        /// <summary>Far behind the first: the timeline remembers one fault, and forgets what lies before it.</summary>
        public void FaultOthers()
        {
            Fence next = _timeline.Issue();
            _timeline.Signal(_base + 3, _errors[1]);
            _timeline.Signal(next, _errors[2]);
        }

        public void CheckFirstOutcome() =>
            Assert.Equal(_signaledFirst ? FenceStatus.Signaled : FenceStatus.Faulted, _firstOutcome);

        public void Cancel() => _cancellation.Cancel();

        public async void AwaitWithToken(ulong point, FenceContinuation place = FenceContinuation.Inline) => await WaitForPoint(point, place);

        public async void AwaitWithTokenThenWithout()
        {
            await WaitForPoint(1);
            AwaitSecondByHand();
        }

        public void SignalFirstThenAwaitSecond()
        {
            _timeline.Signal(_base + 1);
            AwaitSecondByHand();
        }

        public async void AwaitWithTokenThenWithAnother()
        {
            await WaitForPoint(1);
            Fence second = _timeline.GetFence(_base + 2);
            FenceWaitAwaitable awaiter = second.WaitAsync(Timeout.InfiniteTimeSpan, _neverCanceled.Token).ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
            awaiter.UnsafeOnCompleted(() => ContinueBySignal(second));
        }

        /// <summary>An awaiter whose continuation comes too early blocks when it is asked for the result, and would hide it.</summary>
        public void AwaitSecondByHand()
        {
            Fence second = _timeline.GetFence(_base + 2);
            second.ConfigureAwait(FenceContinuation.Inline).GetAwaiter().UnsafeOnCompleted(() => ContinueBySignal(second));
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

        private void ContinueBySignal(Fence fence)
        {
            Assert.True(fence.IsSignaled, "continued by the token of another wait");
            Interlocked.Increment(ref _continued);
        }

        private async Task WaitForPoint(ulong point, FenceContinuation place = FenceContinuation.Inline)
        {
            Fence fence = _timeline.GetFence(_base + point);
            try
            {
                FenceStatus status = await fence.WaitAsync(Timeout.InfiniteTimeSpan, _cancellation.Token).ConfigureAwait(place);
                Assert.Equal(FenceStatus.Signaled, status);
            }
            catch (OperationCanceledException)
            {
                Assert.True(_cancellation.IsCancellationRequested, "canceled by nobody");
            }

            Interlocked.Increment(ref _continued);
        }

        private async void Note(ulong point)
        {
            try
            {
                _firstOutcome = await _timeline.GetFence(_base + point).ConfigureAwait(FenceContinuation.Inline);
            }
            catch (InvalidOperationException)
            {
                _firstOutcome = FenceStatus.Faulted;
            }
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
