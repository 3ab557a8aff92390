using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class TimedWaitExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Time_that_runs_out_against_a_signal_gives_one_answer(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("timed await against signal against clock", () => new TimedWait())
                .Thread("awaiter", state => state.AwaitFirst())
                .Thread("signaler", state => state.Timeline.Signal(1))
                .Thread("clock", state => state.Clock.Advance(TimedWait.Limit))
                .AtEnd(state => state.CheckAnswers(1)),
            preemptions,
            memory);

    [Fact]
    public void A_canceler_against_a_signal_gives_one_answer() =>
        Verify(
            Scenario.Of("timed await against signal against cancel", () => new TimedWait())
                .Thread("awaiter", state => state.AwaitFirst())
                .Thread("signaler", state => state.Timeline.Signal(1))
                .Thread("canceler", state => state.Cancellation.Cancel())
                .AtEnd(state => state.CheckAnswers(1)),
            preemptions: 2);

    [Fact]
    public void A_late_timer_does_not_end_the_next_wait_of_the_same_node() =>
        Verify(
            Scenario.Of("two timed awaits against signals against clock", () => new TimedWait())
                .Thread("awaiter", state => state.AwaitBoth())
                .Thread("signaler", state =>
                {
                    state.Timeline.Signal(1);
                    state.Timeline.Signal(2);
                })
                .Thread("clock", state => state.Clock.Advance(TimedWait.Limit))
                .AtEnd(state => state.CheckAnswers(2)),
            preemptions: 2);

    private sealed class TimedWait
    {
        private readonly List<FenceStatus> _answers = [];
        private int _canceled;

        public TimedWait()
        {
            Timeline = new FenceTimeline("device", new FenceTimelineOptions { TimeProvider = Clock, PoolProvider = new TwinPoolProvider() });
            Timeline.Issue(2);
        }

        public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(1);

        public ManualClock Clock { get; } = new();

        public CancellationTokenSource Cancellation { get; } = new();

        public FenceTimeline Timeline { get; }

        public async void AwaitFirst() => await AwaitPoint(1);

        public async void AwaitBoth()
        {
            await AwaitPoint(1);
            await AwaitPoint(2);
        }

        public void CheckAnswers(int count)
        {
            // The point has been signaled by now; without the timer or the token the wait must have seen it.
            Timeline.Signal(2);
            Clock.Advance(Limit);
            Assert.Equal(count, _answers.Count + _canceled);
            Assert.All(_answers, answer => Assert.True(answer is FenceStatus.Signaled or FenceStatus.Pending));
        }

        private async Task AwaitPoint(ulong point)
        {
            try
            {
                long start = Clock.GetTimestamp();
                FenceStatus answer = await Timeline.GetFence(point).WaitAsync(Limit, Cancellation.Token).ConfigureAwait(FenceContinuation.Inline);
                Assert.True(answer != FenceStatus.Pending || Clock.GetElapsedTime(start) >= Limit, "gave up before its time was over");
                _answers.Add(answer);
            }
            catch (OperationCanceledException)
            {
                Assert.True(Cancellation.IsCancellationRequested);
                _canceled++;
            }
        }
    }
}
