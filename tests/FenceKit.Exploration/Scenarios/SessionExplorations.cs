using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class SessionExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 5)]
    [InlineData(MemoryModel.TotalStoreOrder, 3)]
    public void Of_two_commits_one_counts_and_the_other_throws(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("commit against commit", () => new OpenSession())
                .Thread("owner", state => state.Commit())
                .Thread("other owner", state => state.Commit())
                .AtEnd(state => state.CheckEndedOnce()),
            preemptions,
            memory);

    [Fact]
    public void A_session_ends_once_whoever_ends_it() =>
        Verify(
            Scenario.Of("commit against back-off against dispose", () => new OpenSession())
                .Thread("owner", state => state.Commit())
                .Thread("other owner", state => state.BackOff())
                .Thread("third owner", state => state.Session.Dispose())
                .AtEnd(state => state.CheckEnded()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void An_old_handle_never_ends_the_next_session(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("commit and schedule again against commit", () => new OpenSession())
                .Thread("owner", state =>
                {
                    state.Commit();
                    state.ScheduleNext();
                })
                .Thread("other owner", state => state.Commit())
                .AtEnd(state => state.CheckNextIsOpen()),
            preemptions,
            memory);

    [Fact]
    public void A_look_at_a_session_that_ends_sees_it_whole_or_throws() =>
        Verify(
            Scenario.Of("commit and schedule again against range and poll", () => new OpenSession())
                .Thread("owner", state =>
                {
                    state.Commit();
                    state.ScheduleNext();
                })
                .Thread("onlooker", state => state.Look())
                .AtEnd(state => state.CheckNextIsOpen()),
            preemptions: 3);

    private sealed class OpenSession
    {
        private static readonly AddressRange s_next = new(0x8000, 0x9000);

        private InvalidationSession _next;
        private int _successes;
        private int _refusals;

        public OpenSession()
        {
            Assert.True(Page.Notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session));
            Session = session;
        }

        public MappedPage Page { get; } = new();

        public InvalidationSession Session { get; }

        public void Commit() => Try(() => Session.Commit());

        public void BackOff() => Try(() => Session.BackOff());

        public void ScheduleNext() => Assert.True(Page.Notifier.TrySchedule(s_next, InvalidationReason.Unmap, out _next));

        public void Look() => Try(() =>
        {
            Assert.Equal(InvalidationOutcome.Completed, Session.TryWait());
            Assert.Equal(MappedPage.Page, Session.Range);
        });

        public void CheckEnded()
        {
            Assert.True(Session.HasEnded);
            Assert.Equal(0, Page.Notifier.ActiveSessions);
            InvalidationStatistics statistics = Page.Notifier.GetStatistics();
            Assert.Equal(1, statistics.Committed + statistics.BackedOff);
        }

        public void CheckEndedOnce()
        {
            CheckEnded();
            Assert.Equal(1, _successes);
            Assert.Equal(1, _refusals);
        }

        public void CheckNextIsOpen()
        {
            Assert.True(Session.HasEnded);
            Assert.False(_next.HasEnded);
            Assert.Equal(s_next, _next.Range);
            _next.Commit();
            Assert.Equal(0, Page.Notifier.ActiveSessions);
        }

        private void Try(Action action)
        {
            try
            {
                action();
                _successes++;
            }
            catch (InvalidOperationException)
            {
                _refusals++;
            }
        }
    }
}
