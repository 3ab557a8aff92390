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

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_token_that_is_canceled_as_the_wait_begins_ends_it_before_its_time(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("timed await against cancel", () => new TimedWait())
                .Thread("awaiter", state => state.AwaitFirst())
                .Thread("canceler", state => state.Cancellation.Cancel())
                .AtEnd(state => state.CheckCanceled()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_late_timer_does_not_end_a_wait_that_began_after_it_was_due(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("signal, timed await against clock", () => new TimedWait(TimedWait.Limit, TimedWait.Limit))
                .Thread("signaler", state => state.Timeline.Signal(1))
                .Thread("clock", state => state.Clock.Advance(TimedWait.Limit))
                .AtEnd(state => state.CheckInTime()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_late_timer_does_not_put_off_the_end_of_the_next_wait(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("signal, long timed await against signal, timed await against clock", () => new TimedWait(TimedWait.Limit, 10 * TimedWait.Limit, TimedWait.Limit))
                .Thread("signaler", state => state.Timeline.Signal(1))
                .Thread("other signaler", state => state.Timeline.Signal(2))
                .Thread("clock", state => state.Clock.Advance(TimedWait.Limit))
                .AtEnd(state => state.CheckInTime()),
            preemptions,
            memory);

    private sealed class TimedWait
    {
        private readonly List<FenceStatus> _answers = [];
        private readonly Flows _flows = new();
        private int _canceled;

        public TimedWait()
        {
            Timeline = new FenceTimeline("device", new FenceTimelineOptions { TimeProvider = Clock, PoolProvider = new TwinPoolProvider() });
            Timeline.Issue(3);
        }

        /// <summary>Waits one after the other, each for the next point and with its limit. The first has begun, and timers are late.</summary>
        public TimedWait(params TimeSpan[] limits)
            : this()
        {
            Clock.FiresLate = true;
            AwaitEach(limits);
        }

        public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(1);

        public ManualClock Clock { get; } = new();

        public CancellationTokenSource Cancellation { get; } = new();

        public FenceTimeline Timeline { get; }

        public void AwaitFirst() => AwaitEach(Limit);

        public void AwaitBoth() => AwaitEach(Limit, Limit);

        private void AwaitEach(params TimeSpan[] limits) => _flows.Start(async () =>
        {
            for (int i = 0; i < limits.Length; i++)
            {
                await AwaitPoint((ulong)i + 1, limits[i]);
            }
        });

        public void CheckAnswers(int count)
        {
            // The point has been signaled by now; without the timer or the token the wait must have seen it.
            Timeline.Signal(2);
            Clock.Advance(Limit);
            _flows.CheckOver();
            Assert.Equal(count, _answers.Count + _canceled);
            Assert.All(_answers, answer => Assert.True(answer is FenceStatus.Signaled or FenceStatus.Pending));
        }

        /// <summary>Nobody has signaled, and no time has gone by.</summary>
        public void CheckCanceled()
        {
            _flows.CheckOver();
            Assert.Equal((0, 1), (_answers.Count, _canceled));
        }

        /// <summary>Nobody signals the last: it ends when its time is over.</summary>
        public void CheckInTime()
        {
            Clock.Advance(Limit);
            _flows.CheckOver();
        }

        private async Task AwaitPoint(ulong point, TimeSpan limit)
        {
            try
            {
                long start = Clock.GetTimestamp();
                FenceStatus answer = await Timeline.GetFence(point).WaitAsync(limit, Cancellation.Token).ConfigureAwait(FenceContinuation.Inline);
                Assert.True(answer != FenceStatus.Pending || Clock.GetElapsedTime(start) >= limit, "gave up before its time was over");
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
