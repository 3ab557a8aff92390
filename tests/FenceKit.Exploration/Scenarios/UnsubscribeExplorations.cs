using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class UnsubscribeExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void No_callback_runs_after_unsubscribe_has_returned(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("unsubscribe against schedule", () => new Leaver(refuses: false))
                .Thread("leaver", state => state.Leave())
                .Thread("owner", state => state.Schedule())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void No_callback_runs_after_unsubscribe_has_returned_even_if_another_subscriber_refuses() =>
        Verify(
            Scenario.Of("unsubscribe against refused schedule", () => new Leaver(refuses: true))
                .Thread("leaver", state => state.Leave())
                .Thread("owner", state => state.Schedule())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 3);

    [Fact]
    public void Unsubscribe_waits_for_all_owners_that_may_still_call() =>
        Verify(
            Scenario.Of("unsubscribe against two schedules", () => new Leaver(refuses: false))
                .Thread("leaver", state => state.Leave())
                .Thread("owner", state => state.Schedule())
                .Thread("other owner", state => state.Schedule())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 1);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 1)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Of_two_unsubscribes_at_once_neither_returns_before_the_callbacks_are_over(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("unsubscribe against unsubscribe against schedule", () => new Leaver(refuses: false))
                .Thread("leaver", state => state.Leave())
                .Thread("other leaver", state => state.Leave())
                .Thread("owner", state => state.Schedule())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void Nothing_is_published_after_unsubscribe_has_returned() =>
        Verify(
            Scenario.Of("unsubscribe against publish", () => new LeavingPage())
                .Thread("leaver", state => state.Leave())
                .Thread("mapper", state => state.TryMapUntilGone())
                .AtEnd(state => Assert.False(state.IsMapped)),
            preemptions: 4);

    [Fact]
    public void No_callback_runs_after_unsubscribe_has_returned_also_where_there_are_many_stripes() =>
        Verify(
            Scenario.Of("unsubscribe against schedule, many stripes", () => new Leaver(refuses: false, isDealt: true))
                .Thread("leaver", state => state.Leave())
                .Thread("owner", state => state.Schedule())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    private sealed class Leaver : IInvalidationSubscriber
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly InvalidationSubscription _subscription;
        private readonly bool _refuses;
        private bool _isGone;
        private int _word;

        public Leaver(bool refuses, bool isDealt = false)
        {
            _refuses = refuses;
            _subscription = _notifier.Subscribe(MappedPage.Page, this, "leaver");
            if (refuses)
            {
                _notifier.Subscribe(MappedPage.Page, new Refuser(), "refuser");
            }

            if (isDealt)
            {
                _notifier.DealOut();
            }
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Assert.False(_isGone, "called after unsubscribe has returned");
            Interlocked.Increment(ref _word);
            Assert.False(_isGone, "unsubscribe returned in the middle of a call");
            fence = default;
            return true;
        }

        public void Leave()
        {
            _subscription.Dispose();
            _isGone = true;
        }

        public void Schedule()
        {
            bool isScheduled = _notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session);
            Assert.Equal(!_refuses, isScheduled);
            if (isScheduled)
            {
                // Nobody but an earlier session of the other owner holds it, and a callback that failed an assertion is reported here as a
                // fault of the subscriber.
                InvalidationOutcome outcome = session.TryWait();
                Assert.NotEqual(InvalidationOutcome.Faulted, outcome);
                if (outcome == InvalidationOutcome.Completed)
                {
                    session.Commit();
                }
                else
                {
                    session.BackOff();
                }
            }
        }

        public void CheckAtRest()
        {
            Assert.True(_isGone);
            Assert.Equal(0, _notifier.ActiveSessions);
            Assert.Equal(0, _notifier.GetStatistics().SubscriberFaults);
        }
    }

    private sealed class LeavingPage
    {
        private readonly MappedPage _page = new();

        public bool IsMapped => _page.IsMapped;

        public void Leave()
        {
            _page.Subscription.Dispose();
            _page.Unmap();
        }

        public void TryMapUntilGone()
        {
            try
            {
                _page.TryMap();
            }
            catch (ObjectDisposedException)
            {
                // The subscription was gone before the read began.
            }
        }
    }
}
