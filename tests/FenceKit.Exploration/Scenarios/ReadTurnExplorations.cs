using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Readers with a turn, beside owners: nothing stale is published, the reader gets through, and so does the owner after it.</summary>
public class ReadTurnExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Who_has_the_turn_gets_through_at_the_first_attempt(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("map in one's turn against two invalidations", () => new TakenPage())
                .Thread("reader", state => state.MapInTurn())
                .Thread("owner", state =>
                {
                    state.TryReplace();
                    state.TryReplace();
                })
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void Of_two_readers_one_has_the_turn_at_a_time() =>
        Verify(
            Scenario.Of("turn against turn against invalidation", () => new TakenPage())
                .Thread("reader", state => state.TakeAndEnd())
                .Thread("other reader", state => state.TakeAndEnd())
                .Thread("owner", state => state.TryReplace())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void Who_has_the_turn_gets_through_also_where_there_are_many_stripes() =>
        Verify(
            Scenario.Of("map in one's turn against two invalidations, many stripes", () => new TakenPage(isDealt: true))
                .Thread("reader", state => state.MapInTurn())
                .Thread("owner", state =>
                {
                    state.TryReplace();
                    state.TryReplace();
                })
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    private sealed class TakenPage : IInvalidationSubscriber
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider(), TimeProvider = new ManualClock() });
        private readonly InvalidationSubscription _subscription;
        private int _contents;
        private int _mapped = -1;
        private int _inTurn;
        private int _replaced;

        public TakenPage(bool isDealt = false)
        {
            _subscription = _notifier.Subscribe(MappedPage.Page, this, "device");
            if (isDealt)
            {
                _notifier.DealOut();
            }
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Volatile.Write(ref _mapped, -1);
            fence = default;
            return true;
        }

        public void MapInTurn()
        {
            Assert.True(_subscription.TryTakeTurn(MappedPage.Page, TimeSpan.FromSeconds(1), out ReadTurn turn));
            using (turn)
            {
                Assert.True(TryMap(), "overtaken in one's turn");
            }
        }

        public void TakeAndEnd()
        {
            if (_subscription.TryTakeTurn(MappedPage.Page, TimeSpan.FromSeconds(1), out ReadTurn turn))
            {
                Assert.Equal(1, Interlocked.Increment(ref _inTurn));
                Interlocked.Decrement(ref _inTurn);
                turn.Dispose();
            }
        }

        public void TryReplace()
        {
            if (!_notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session))
            {
                return;
            }

            Assert.Equal(-1, Volatile.Read(ref _mapped)); // told, and nothing published since
            Volatile.Write(ref _contents, _contents + 1);
            session.Commit();
            _replaced++;
        }

        public void CheckAtRest()
        {
            Assert.True(_mapped == -1 || _mapped == _contents, "a stale mapping");
            Assert.Equal(0, _notifier.ActiveSessions);

            // The owner gets its turn: whatever happened before, its next schedule passes, and readers after it.
            int before = _replaced;
            TryReplace();
            Assert.Equal(before + 1, _replaced);
            Assert.True(_subscription.TryTakeTurn(MappedPage.Page, TimeSpan.FromSeconds(1), out ReadTurn turn));
            turn.Dispose();
        }

        private bool TryMap()
        {
            Assert.True(_subscription.BeginRead(MappedPage.Page, Timeout.InfiniteTimeSpan, out InvalidationSequence sequence));
            int contents = Volatile.Read(ref _contents);
            if (!_subscription.TryPopulate(sequence, out PopulateScope scope))
            {
                return false;
            }

            using (scope)
            {
                Volatile.Write(ref _mapped, contents);
            }

            return true;
        }
    }
}
