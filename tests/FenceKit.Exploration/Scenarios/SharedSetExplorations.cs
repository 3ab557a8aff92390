using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// A wait for several fences that two ask about, or that ends while a member's signal is still on its way: one of them gets the answer, and the state
/// of the wait serves nobody else before all are through with it.
/// </summary>
public class SharedSetExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Of_two_who_await_one_wait_one_gets_the_answer(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await one set against await it, signal", () => new SharedWait())
                .Thread("awaiter", state => state.AwaitShared())
                .Thread("other awaiter and device", state =>
                {
                    state.AwaitShared();
                    state.SignalFirst();
                })
                .PoolThread() // for the continuation of the one who came second
                .AtEnd(state => state.CheckOneAnswer()),
            preemptions,
            memory);

    [Fact]
    public void A_callback_of_a_member_that_asks_before_the_wait_has_heard_of_it_gets_the_answer() =>
        Verify(
            Scenario.Of("signal, whose first callback asks, against add", () => new SharedWait(asksInCallback: true))
                .Thread("device", state => state.SignalFirst())
                .Thread("adder", state => state.AddBeside())
                .AtEnd(state => state.CheckOneAnswer()),
            preemptions: 3);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_signaler_that_waits_itself_does_not_get_a_set_whose_round_is_not_over(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any on the thread pool against signal, await any", () => new SharedWait(awaitsTwice: true))
                .Thread("first device", state => state.SignalFirstAndAwait())
                .PoolThread()
                .AtEnd(state => state.CheckSecondWait()),
            preemptions,
            memory);

    /// <summary>Two devices with a few points each; what is not signaled by a body is signaled at the end.</summary>
    private sealed class SharedWait
    {
        private readonly FenceTimeline _first = new("first");
        private readonly FenceTimeline _second = new("second");
        private readonly FenceSetAwaitable _shared;
        private readonly Flows _flows = new();
        private int _answers;
        private int _refusals;
        private bool _isSecondDue;

        public SharedWait(bool asksInCallback = false, bool awaitsTwice = false)
        {
            PooledSets.Fill();
            _first.Issue(3);
            _second.Issue(3);
            if (awaitsTwice)
            {
                _flows.Start(AwaitTwice);
                return;
            }

            CountingCallback asker = new(() => Ask(_shared));
            Assert.True(!asksInCallback || _first.GetFence(1).TryAddCallback(asker));
            _shared = Fence.WaitAnyAsync([_first.GetFence(1), _second.GetFence(1)]).ConfigureAwait(FenceContinuation.Inline);
            if (asksInCallback)
            {
                AwaitShared();
            }
        }

        public void AwaitShared()
        {
            FenceSetAwaitable awaiter = _shared.GetAwaiter();
            awaiter.UnsafeOnCompleted(() => Ask(awaiter));
        }

        public void SignalFirst() => _first.Signal(1);

        public void AddBeside() => _first.GetFence(1).TryAddCallback(new CountingCallback());

        public void SignalFirstAndAwait()
        {
            // They take the two sets that the thread keeps, so that its next wait gets the one that comes back to it.
            AwaitThird();
            AwaitThird();
            SignalFirst();
            AwaitThird();
        }

        /// <summary>The one who asked first has it, and neither waits for the other.</summary>
        public void CheckOneAnswer() => Assert.Equal((1, 1), (_answers, _refusals));

        public void CheckSecondWait()
        {
            _isSecondDue = true;
            _first.Signal(2);
            _first.Signal(3);
            _flows.CheckOver();
        }

        private async Task AwaitTwice()
        {
            FenceWaitResult one = await Fence.WaitAnyAsync([_first.GetFence(1), _second.GetFence(1)]).ConfigureAwait(FenceContinuation.ThreadPool);
            Assert.Equal((FenceStatus.Signaled, 0), (one.Status, one.Index));
            FenceWaitResult two = await Fence.WaitAnyAsync([_second.GetFence(2), _first.GetFence(2)]).ConfigureAwait(FenceContinuation.Inline);
            Assert.True(_isSecondDue, "continued before a fence was complete");
            Assert.Equal((FenceStatus.Signaled, 1), (two.Status, two.Index));
        }

        private void AwaitThird() => _flows.Start(async () =>
        {
            FenceWaitResult three = await Fence.WaitAnyAsync([_second.GetFence(3), _first.GetFence(3)]).ConfigureAwait(FenceContinuation.Inline);
            Assert.Equal((FenceStatus.Signaled, 1), (three.Status, three.Index));
        });

        private void Ask(FenceSetAwaitable awaiter)
        {
            try
            {
                FenceWaitResult result = awaiter.GetResult();
                Assert.InRange(result.Index, 0, 1);
                Assert.Equal(FenceStatus.Signaled, result.Status);
                Interlocked.Increment(ref _answers);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref _refusals);
            }
        }
    }
}
