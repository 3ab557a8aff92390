using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class PoolExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent)]
    [InlineData(MemoryModel.TotalStoreOrder)]
    public void A_stale_handle_reads_signaled_and_signals_nobody_else(MemoryModel memory) =>
        Verify(
            Scenario.Of("rent against signal", () => new Pool(capacity: 1, rented: 1))
                .Thread("signaler", state => state.CountWinner(state.Rented[0].TrySignal()))
                .Thread("renter", state =>
                {
                    if (state.TryRent(out FenceSource next))
                    {
                        Assert.Equal(FenceStatus.Signaled, state.Rented[0].Fence.Status);
                        state.CountWinner(state.Rented[0].TrySignal());
                        Assert.False(next.Fence.IsSignaled, "a stale source signaled the next fence");
                    }
                })
                .Thread("other signaler", state => state.CountWinner(state.Rented[0].TrySignal()))
                .AtEnd(state =>
                {
                    Assert.Equal(1, state.Winners);
                    Assert.Equal(1 - state.RentedLater, state.Fences.Available);
                }),
            preemptions: 3,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void No_slot_is_rented_twice(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("rent, rent, signal against rent, rent", () => new Pool(capacity: 2, rented: 0))
                .Thread("churner", state =>
                {
                    state.TryRent(out FenceSource first);
                    state.TryRent(out _);
                    first.TrySignal();
                })
                .Thread("renter", state =>
                {
                    state.TryRent(out _);
                    state.TryRent(out _);
                })
                .AtEnd(state => state.CheckPending()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent)]
    [InlineData(MemoryModel.TotalStoreOrder)]
    public void A_slot_that_comes_back_on_top_fools_nobody(MemoryModel memory) =>
        Verify(
            Scenario.Of("rent, rent against rent, rent, signal, signal", () => new Pool(capacity: 4, rented: 1))
                .Thread("renter", state =>
                {
                    state.TryRent(out _);
                    state.TryRent(out _);
                })
                .Thread("churner", state =>
                {
                    // Leaves the same top and the same count behind, but another slot below the top.
                    state.TryRent(out FenceSource top);
                    state.TryRent(out _);
                    state.Rented[0].TrySignal();
                    top.TrySignal();
                })
                .AtEnd(state => state.CheckPending()),
            preemptions: 3,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent)]
    [InlineData(MemoryModel.TotalStoreOrder)]
    public void A_slot_that_is_free_all_the_time_is_found_wherever_it_goes(MemoryModel memory) =>
        Verify(
            Scenario.Of("rent against rent, signal, rent, signal", () => new Pool(capacity: 2, rented: 0))
                .Thread("renter", state => Assert.True(state.TryRent(out _), "one slot of two was free all the time"))
                .Thread("churner", state =>
                {
                    for (int i = 0; i < 2; i++)
                    {
                        Assert.True(state.TryRent(out FenceSource source), "one slot of two was free all the time");
                        Assert.True(source.TrySignal());
                    }
                })
                .AtEnd(state => state.CheckPending()),
            preemptions: 3,
            memory);

    [Fact]
    public void A_slot_is_found_while_others_move_from_place_to_place() =>
        Verify(
            Scenario.Of("rent against signal and rent by two", () => new Pool(capacity: 3, rented: 2))
                .Thread("renter", state => Assert.True(state.TryRent(out _), "one slot of three was free all the time"))
                .Thread("churner", state =>
                {
                    Assert.True(state.Rented[0].TrySignal());
                    state.TryRent(out _);
                })
                .Thread("signaler", state => Assert.True(state.Rented[1].TrySignal()))
                .AtEnd(state => state.CheckPending()),
            preemptions: 2);

    [Fact]
    public void A_slot_is_found_that_is_put_where_a_look_has_been_as_another_goes_where_it_is_still_to_come() =>
        Verify(
            Scenario.Of("rent against signal, rent against signal at the place of the first", () => new Pool(capacity: 2, rented: 2))
                .Thread("renter", state =>
                {
                    if (state.IsFirstFree)
                    {
                        Assert.True(state.TryRent(out _), "one slot of two was free all the time");
                    }
                })
                .Thread("churner", state =>
                {
                    state.SignalFirst();
                    if (state.IsSecondFree)
                    {
                        state.TryRent(out _);
                    }
                })
                .Thread("signaler", state => state.SignalSecondIfFirstIsFree())
                .AtEnd(state => state.CheckPending()),
            preemptions: 3);

    [Fact]
    public void Slots_come_back_from_two_signalers_at_once() =>
        Verify(
            Scenario.Of("signal against signal against rent", () => new Pool(capacity: 2, rented: 2))
                .Thread("signaler", state => Assert.True(state.Rented[0].TrySignal()))
                .Thread("other signaler", state => Assert.True(state.Rented[1].TrySignal(state.Error)))
                .Thread("renter", state => state.TryRent(out _))
                .AtEnd(state =>
                {
                    Assert.Equal(FenceStatus.Signaled, state.Rented[0].Fence.Status);
                    Assert.Equal(FenceStatus.Faulted, state.Rented[1].Fence.Status);
                    state.CheckPending();
                }),
            preemptions: 3);

    [Fact]
    public void Waiters_of_a_slot_have_their_outcome_before_the_slot_serves_again() =>
        Verify(
            Scenario.Of("signal with a waiter against rent and fault", () => new Pool(capacity: 1, rented: 1, withWaiter: true))
                .Thread("signaler", state => Assert.True(state.Rented[0].TrySignal()))
                .Thread("renter", state =>
                {
                    if (state.TryRent(out FenceSource next))
                    {
                        Assert.Equal(1, state.Waiter.Runs);
                        Assert.True(next.TrySignal(state.Error));
                    }
                })
                .AtEnd(state => Assert.Equal(FenceStatus.Signaled, state.Waiter.Status)),
            preemptions: 4);

    private sealed class Pool
    {
        private readonly List<Fence> _all = [];
        private bool _firstIsFree;
        private bool _secondIsFree;
        private readonly List<FenceSource> _kept = []; // a source that is dropped gives its slot back when the collector finds it

        public Pool(int capacity, int rented, bool withWaiter = false)
        {
            Fences = new FencePool("pool", capacity);
            Rented = new FenceSource[rented];
            for (int i = 0; i < rented; i++)
            {
                Assert.True(Fences.TryRent(out Rented[i]));
                _all.Add(Rented[i].Fence);
            }

            if (withWaiter)
            {
                Assert.True(Rented[0].Fence.TryAddCallback(Waiter));
            }
        }

        public FencePool Fences { get; }

        public FenceSource[] Rented { get; }

        public CountingCallback Waiter { get; } = new();

        public Exception Error { get; } = new InvalidOperationException("lost");

        public int Winners { get; private set; }

        public int RentedLater { get; private set; }

        public bool TryRent(out FenceSource source)
        {
            if (!Fences.TryRent(out source))
            {
                return false;
            }

            Assert.DoesNotContain(source.Fence, _all);
            _all.Add(source.Fence);
            _kept.Add(source);
            RentedLater++;
            return true;
        }

        public bool IsFirstFree => Volatile.Read(ref _firstIsFree);

        public bool IsSecondFree => Volatile.Read(ref _secondIsFree);

        public void SignalFirst()
        {
            Assert.True(Rented[0].TrySignal());
            Volatile.Write(ref _firstIsFree, true);
        }

        public void SignalSecondIfFirstIsFree()
        {
            if (IsFirstFree)
            {
                Assert.True(Rented[1].TrySignal());
                Volatile.Write(ref _secondIsFree, true);
            }
        }

        public void CountWinner(bool won) => Winners += won ? 1 : 0;

        /// <summary>At rest, every slot is either free or has exactly one pending fence.</summary>
        public void CheckPending()
        {
            GC.KeepAlive(_kept);
            Fence[] pending = [.. _all.Where(fence => !fence.IsSignaled)];
            Assert.Equal(pending.Length, pending.DistinctBy(fence => fence.Timeline).Count());
            Assert.Equal(Fences.Capacity, pending.Length + Fences.Available);
        }
    }
}
