using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Subscribers that come and go, batches, back-off and the shutdown of the owner, against schedules and publications.</summary>
public class SubscriptionExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Who_subscribes_during_a_session_maps_nothing_that_goes_away(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("subscribe and publish against replace", () => new LateMapper())
                .Thread("mapper", state => state.SubscribeAndMap())
                .Thread("owner", state => state.Replace())
                .AtEnd(state => state.CheckNotStale()),
            preemptions,
            memory);

    [Fact]
    public void Subscribing_and_unsubscribing_at_once_loses_nobody() =>
        Verify(
            Scenario.Of("subscribe against unsubscribe against replace", () => new Neighbors())
                .Thread("newcomer", state => state.Subscribe())
                .Thread("leaver", state => state.Leave())
                .Thread("owner", state => state.Schedule())
                .AtEnd(state => state.CheckWhoIsCalled()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_batch_leaves_no_stale_mapping_in_any_of_its_ranges(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("publish, publish against batch", () => new BatchedPages())
                .Thread("mapper", state =>
                {
                    state.TryMap(0);
                    state.TryMap(1);
                })
                .Thread("owner", state => state.ReplaceAll())
                .AtEnd(state => state.CheckNotStale()),
            preemptions,
            memory);

    [Fact]
    public void Batches_that_cross_leave_no_stale_mapping() =>
        Verify(
            Scenario.Of("publish against batch against session", () => new BatchedPages())
                .Thread("mapper", state => state.TryMap(1))
                .Thread("owner", state => state.ReplaceAll())
                .Thread("other owner", state => state.ReplaceOne(1))
                .AtEnd(state => state.CheckNotStale()),
            preemptions: 1);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void After_the_shutdown_nothing_is_mapped_nor_can_be(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("publish against shutdown", () => new MappedPage())
                .Thread("mapper", page => TryMapUntilGone(page))
                .Thread("owner", page =>
                {
                    Assert.Empty(page.Notifier.Release(Timeout.InfiniteTimeSpan));
                    Assert.False(page.IsMapped);
                })
                .AtEnd(page => Assert.False(page.IsMapped)),
            preemptions,
            memory);

    [Fact]
    public void Two_shutdowns_and_a_session_end_once_each() =>
        Verify(
            Scenario.Of("shutdown against shutdown against replace", () => new MappedPage())
                .Thread("owner", page => page.Notifier.Release(Timeout.InfiniteTimeSpan))
                .Thread("other owner", page => page.Notifier.Dispose())
                .Thread("user", page => ReplaceUntilGone(page))
                .AtEnd(page => Assert.Equal(0, page.Notifier.ActiveSessions)),
            preemptions: 1);

    private static void TryMapUntilGone(MappedPage page)
    {
        try
        {
            page.TryMap();
        }
        catch (ObjectDisposedException)
        {
            // too late to begin
        }
    }

    private static void ReplaceUntilGone(MappedPage page)
    {
        try
        {
            page.Replace();
        }
        catch (ObjectDisposedException)
        {
            // too late to schedule
        }
    }

    /// <summary>A mapper that subscribes while the owner is at work.</summary>
    private sealed class LateMapper : IInvalidationSubscriber
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private int _memory = 1;
        private int _mapping;

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Volatile.Write(ref _mapping, 0);
            fence = default;
            return true;
        }

        public void SubscribeAndMap()
        {
            InvalidationSubscription subscription = _notifier.Subscribe(MappedPage.Page, this, "late");
            if (!subscription.TryBeginRead(MappedPage.Page, out InvalidationSequence sequence))
            {
                return;
            }

            int memory = Volatile.Read(ref _memory);
            if (subscription.TryPopulate(sequence, out PopulateScope scope))
            {
                using (scope)
                {
                    Volatile.Write(ref _mapping, memory);
                }
            }
        }

        public void Replace()
        {
            Assert.True(_notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session));
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
            Assert.Equal(0, Volatile.Read(ref _mapping));
            Interlocked.Increment(ref _memory);
            Assert.Equal(0, Volatile.Read(ref _mapping));
            session.Commit();
        }

        public void CheckNotStale() => Assert.True(_mapping == 0 || _mapping == _memory, "the mapping is stale");
    }

    /// <summary>Three subscribers of one place: one stays, one comes, one goes.</summary>
    private sealed class Neighbors
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly CountingSubscriber _stayer = new();
        private readonly CountingSubscriber _newcomer = new();
        private readonly CountingSubscriber _leaver = new();
        private readonly InvalidationSubscription _leaving;

        public Neighbors()
        {
            _notifier.Subscribe(MappedPage.Page, _stayer, "stayer");
            _leaving = _notifier.Subscribe(MappedPage.Page, _leaver, "leaver");
        }

        public void Subscribe() => _notifier.Subscribe(MappedPage.Page, _newcomer, "newcomer");

        public void Leave() => _leaving.Dispose();

        public void Schedule()
        {
            Assert.True(_notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session));
            session.Commit();
        }

        public void CheckWhoIsCalled()
        {
            Assert.Equal(1, _stayer.Calls);
            Assert.InRange(_newcomer.Calls, 0, 1);
            Assert.InRange(_leaver.Calls, 0, 1);
            (int newcomer, int leaver) = (_newcomer.Calls, _leaver.Calls);
            Schedule();
            Assert.Equal(2, _stayer.Calls);
            Assert.Equal(newcomer + 1, _newcomer.Calls);
            Assert.Equal(leaver, _leaver.Calls);
        }
    }

    private sealed class CountingSubscriber : IInvalidationSubscriber
    {
        public int Calls { get; private set; }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            Calls++;
            fence = default;
            return true;
        }
    }

    /// <summary>Two places that are not neighbors, and one subscriber of both.</summary>
    private sealed class BatchedPages : IInvalidationSubscriber
    {
        private static readonly AddressRange[] s_places = [new(0x1000, 0x2000), new(0x5000, 0x6000)];
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly InvalidationSubscription _subscription;
        private readonly int[] _memory = [1, 1];
        private readonly int[] _mapping = [0, 0];

        public BatchedPages() => _subscription = _notifier.Subscribe(new AddressRange(0, 0x10000), this, "mapper");

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            for (int place = 0; place < s_places.Length; place++)
            {
                if (s_places[place].Overlaps(request.Overlap))
                {
                    Volatile.Write(ref _mapping[place], 0);
                }
            }

            fence = default;
            return true;
        }

        public void TryMap(int place)
        {
            if (!_subscription.TryBeginRead(s_places[place], out InvalidationSequence sequence))
            {
                return;
            }

            int memory = Volatile.Read(ref _memory[place]);
            if (_subscription.TryPopulate(sequence, out PopulateScope scope))
            {
                using (scope)
                {
                    Volatile.Write(ref _mapping[place], memory);
                }
            }
        }

        public void ReplaceAll()
        {
            InvalidationBatch batch = _notifier.CreateBatch();
            batch.Add(s_places[1]);
            batch.Add(s_places[0]);
            Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
            Give(session, [0, 1]);
        }

        public void ReplaceOne(int place)
        {
            Assert.True(_notifier.TrySchedule(s_places[place], InvalidationReason.Unmap, out InvalidationSession session));
            Give(session, [place]);
        }

        public void CheckNotStale()
        {
            for (int place = 0; place < s_places.Length; place++)
            {
                Assert.True(_mapping[place] == 0 || _mapping[place] == _memory[place], "a mapping is stale");
            }
        }

        private void Give(InvalidationSession session, int[] places)
        {
            InvalidationOutcome outcome = session.Wait(Timeout.InfiniteTimeSpan);
            if (outcome == InvalidationOutcome.Superseded)
            {
                session.BackOff(); // the other owner has replaced it
                return;
            }

            Assert.Equal(InvalidationOutcome.Completed, outcome);
            foreach (int place in places)
            {
                Assert.Equal(0, Volatile.Read(ref _mapping[place]));
                Interlocked.Increment(ref _memory[place]);
            }

            session.Commit();
        }
    }
}
