using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class WaitExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_thread_that_blocks_is_always_woken(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait against signal", () => new TwoFences())
                .Thread("waiter", state =>
                {
                    Assert.Equal(FenceStatus.Signaled, state.First.Wait());
                    Assert.Equal(FenceStatus.Faulted, state.Second.Wait());
                })
                .Thread("signaler", state => state.SignalBoth()),
            preemptions,
            memory);

    [Fact]
    public void Two_threads_that_block_are_both_woken() =>
        Verify(
            Scenario.Of("wait against wait against signal", () => new TwoFences())
                .Thread("waiter", state => Assert.Equal(FenceStatus.Faulted, state.Second.Wait()))
                .Thread("other waiter", state => Assert.Equal(FenceStatus.Signaled, state.First.Wait()))
                .Thread("signaler", state => state.SignalBoth()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 3)]
    public void An_inline_continuation_runs_once_with_the_outcome(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await inline against signal", () => new TwoFences())
                .Thread("awaiter", state => state.AwaitBoth(FenceContinuation.Inline))
                .Thread("signaler", state => state.SignalBoth())
                .AtEnd(state => state.CheckAwaited()),
            preemptions,
            memory);

    [Fact]
    public void A_continuation_on_the_thread_pool_runs_once_with_the_outcome() =>
        Verify(
            Scenario.Of("await on the thread pool against signal", () => new TwoFences())
                .Thread("awaiter", state => state.AwaitBoth(FenceContinuation.ThreadPool))
                .Thread("signaler", state => state.SignalBoth())
                .PoolThread()
                .AtEnd(state => state.CheckAwaited()),
            preemptions: 2);

    private sealed class TwoFences
    {
        private readonly FenceTimeline _timeline = new("device");
        private readonly Exception _error = new InvalidOperationException("lost");
        private int _signaled;
        private Exception? _caught;

        public TwoFences()
        {
            First = _timeline.Issue();
            Second = _timeline.Issue();
        }

        public Fence First { get; }

        public Fence Second { get; }

        public void SignalBoth()
        {
            _timeline.Signal(First);
            _timeline.Signal(Second, _error);
        }

        public async void AwaitBoth(FenceContinuation continuation)
        {
            try
            {
                await First.ConfigureAwait(continuation);
                Assert.True(First.IsSignaled);
                _signaled++;
                await Second.ConfigureAwait(continuation);
                _signaled++;
            }
            catch (InvalidOperationException exception)
            {
                _caught = exception;
            }
        }

        public void CheckAwaited()
        {
            Assert.Equal(1, _signaled);
            Assert.Same(_error, _caught);
        }
    }
}
