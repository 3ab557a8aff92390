using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>A callback may be added to another fence as soon as it runs; the outcome that it hears is that of the fence it ran for.</summary>
public class OutcomeExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Fact]
    public void A_callback_that_is_added_again_while_it_begins_to_run_hears_each_outcome_once() =>
        Verify(
            Scenario.Of("begin to run against added again and faulted", () => new AddedAgain(behindAnAwait: true))
                .Thread("first device", state => state.First.Signal(1))
                .Thread("second device", state => state.AddToSecondAndFault())
                .PoolThread()
                .AtEnd(state => state.Check()),
            preemptions: 2);

    [Fact]
    public void So_does_the_only_callback_of_a_fence() =>
        Verify(
            Scenario.Of("run alone against added again and faulted", () => new AddedAgain(behindAnAwait: false))
                .Thread("first device", state => state.First.Signal(1))
                .Thread("second device", state => state.AddToSecondAndFault())
                .AtEnd(state => state.Check()),
            preemptions: 3);

    private sealed class AddedAgain
    {
        private readonly FenceTimeline _second = new("second");
        private readonly Recorder _callback = new();
        private bool _isAdded;

        public AddedAgain(bool behindAnAwait)
        {
            Fence first = First.Issue();
            if (behindAnAwait)
            {
                // Its continuation is on its way to the thread pool when the callback's turn comes, and is handed over first.
                first.ConfigureAwait(FenceContinuation.ThreadPool).GetAwaiter().UnsafeOnCompleted(static () => { });
            }

            _second.Issue();
            Assert.True(first.TryAddCallback(_callback));
        }

        public FenceTimeline First { get; } = new("first");

        public void AddToSecondAndFault()
        {
            try
            {
                _isAdded = _second.GetFence(1).TryAddCallback(_callback);
            }
            catch (InvalidOperationException)
            {
                return; // it still waits for the first
            }

            _second.Signal(1, new InvalidOperationException("the second device failed"));
        }

        public void Check()
        {
            Assert.Equal(1, _callback.Signaled);
            Assert.Equal(_isAdded ? 1 : 0, _callback.Faulted);
        }
    }

    private sealed class Recorder : FenceCallback
    {
        private int _signaled;
        private int _faulted;

        public int Signaled => _signaled;

        public int Faulted => _faulted;

        protected override void OnSignaled(FenceStatus status, Exception? fault) =>
            Interlocked.Increment(ref status == FenceStatus.Signaled ? ref _signaled : ref _faulted);
    }
}
