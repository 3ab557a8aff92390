using System.Runtime.CompilerServices;
using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>What comes together at the end of a session: the finder of forgotten ones, and subscribers that hear of the end.</summary>
public class SessionEndingExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_session_that_ends_is_not_taken_for_forgotten_and_the_next_one_is_left_alone(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("commit and schedule again against the finalizer", () => new OneSession())
                .Thread("owner", state => state.CommitAndScheduleNext())
                .Thread("finalizer", state => state.FindForgotten())
                .AtEnd(state => state.CheckEndedOnce()),
            preemptions,
            memory);

    [Fact]
    public void A_forgotten_session_that_somebody_still_waits_for_gives_an_answer() =>
        Verify(
            Scenario.Of("wait against the finalizer", () => new OneSession())
                .Thread("waiter", state => state.Wait())
                .Thread("finalizer", state => state.FindForgotten())
                .AtEnd(state => state.CheckForgotten()),
            preemptions: 3);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void Nobody_is_told_of_an_end_once_unsubscribing_has_returned(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("commit against unsubscribe", () => new OneSession())
                .Thread("owner", state => state.Commit())
                .Thread("driver", state => state.Unsubscribe())
                .AtEnd(state => state.CheckCommitted()),
            preemptions,
            memory);

    private sealed class OneSession : IInvalidationObserver
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly InvalidationSubscription _subscription;
        private readonly SessionLease _lease;
        private readonly InvalidationSession _session;
        private InvalidationSession _next;
        private bool _committed;
        private int _isGone;

        public OneSession()
        {
            _subscription = _notifier.Subscribe(MappedPage.Page, this, "observer");
            Assert.True(_notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out _session));
            _lease = LeaseOf(ref _session)!;
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return true;
        }

        public void OnEnded(in InvalidationRequest request, bool isCommitted) => Assert.Equal(0, Volatile.Read(ref _isGone));

        public void Commit() => _session.Commit();

        public void CommitAndScheduleNext()
        {
            try
            {
                _session.Commit();
                _committed = true;
            }
            catch (InvalidOperationException)
            {
            }

            Assert.True(_notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out _next));
        }

        public void Wait()
        {
            try
            {
                Assert.Equal(InvalidationOutcome.Completed, _session.Wait(Timeout.InfiniteTimeSpan));
            }
            catch (InvalidOperationException)
            {
            }
        }

        public void FindForgotten()
        {
            // As the finalizer and its work item. It looked before the session ended, if it ever finds it open.
            if (_lease.State.TryGetOpenVersion(out ulong version) && version == 0)
            {
                _lease.State.BackOffForgotten(version);
            }
        }

        public void Unsubscribe()
        {
            _subscription.Dispose();
            Volatile.Write(ref _isGone, 1);
        }

        public void CheckEndedOnce()
        {
            InvalidationStatistics statistics = _notifier.GetStatistics();
            Assert.Equal(_committed ? 1 : 0, statistics.Committed);
            Assert.Equal(_committed ? 0 : 1, statistics.BackedOff);
            Assert.Equal(statistics.BackedOff, statistics.Forgotten);
            Assert.Equal(1, statistics.Active);
            _next.Commit();
        }

        public void CheckForgotten()
        {
            Assert.Equal(1, _notifier.GetStatistics().Forgotten);
            Assert.Equal(0, _notifier.ActiveSessions);
        }

        public void CheckCommitted()
        {
            InvalidationStatistics statistics = _notifier.GetStatistics();
            Assert.Equal(1, statistics.Committed);
            Assert.Equal(0, statistics.SubscriberFaults);
            Assert.Equal(0, statistics.Active);
        }

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lease")]
        private static extern ref SessionLease? LeaseOf(ref InvalidationSession session);
    }
}
