using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Readers of a reservation, who hold no lock, against writers, who do: a fence that is there all the time is never missed.</summary>
public class ReservationExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_reader_misses_nothing_while_an_entry_is_replaced(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("walk against replace", () => new SharedResource())
                .Thread("reader", state => state.Walk())
                .Thread("writer", state => state.ReplaceFirst()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_reader_misses_nothing_while_complete_entries_are_dropped_and_the_table_grows(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("walk against signal, reserve, add", () => new SharedResource())
                .Thread("reader", state => state.Walk())
                .Thread("writer", state => state.SignalFirstAndAddMany()),
            preemptions,
            memory);

    [Fact]
    public void A_waiter_ends_after_everything_that_it_found() =>
        Verify(
            Scenario.Of("wait against add against signals", () => new SharedResource())
                .Thread("waiter", state => state.WaitForAll())
                .Thread("writer", state => state.ReplaceFirst())
                .Thread("devices", state => state.SignalAll()),
            preemptions: 2);

    [Fact]
    public void A_usage_is_promoted_and_never_degraded_under_a_reader() =>
        Verify(
            Scenario.Of("walk of writers against promotion", () => new SharedResource())
                .Thread("reader", state => state.WalkWritersTwice())
                .Thread("writer", state => state.PromoteSecond()),
            preemptions: 2);

    [Fact]
    public void Two_writers_take_turns() =>
        Verify(
            Scenario.Of("add against add against walk", () => new SharedResource())
                .Thread("writer", state => state.AddUnderLock(state.Third.GetFence(1)))
                .Thread("other writer", state => state.AddUnderLock(state.Third.GetFence(2)))
                .Thread("reader", state => state.Walk())
                .AtEnd(state => state.CheckLatestOfThird()),
            preemptions: 2);

    [Fact]
    public void A_waiter_hears_of_a_failure_whenever_it_comes() =>
        Verify(
            Scenario.Of("wait against fault against making room", () => new SharedResource())
                .Thread("waiter", state => state.WaitForWriterThatFails())
                .Thread("device", state => state.FaultFirst())
                .Thread("writer", state => state.MakeRoom())
                .AtEnd(state => state.WaitForWriterThatFails()),
            preemptions: 2);

    private sealed class SharedResource
    {
        private readonly FenceReservation _reservation = new(new WoundWaitLock(new WoundWaitClass("resources")));
        private readonly FenceTimeline _first = new("first");
        private readonly FenceTimeline _second = new("second");

        public SharedResource()
        {
            _first.Issue();
            _second.Issue(2);
            Third.Issue(2);
            Change(() =>
            {
                _reservation.Reserve(2);
                _reservation.Add(_first.GetFence(1), FenceUsage.Write);
                _reservation.Add(_second.GetFence(1), FenceUsage.Read);
            });
        }

        public FenceTimeline Third { get; } = new("third");

        public void MakeRoom() => Change(() => _reservation.Reserve(16));

        public void FaultFirst() => _first.Signal(1, new InvalidOperationException("the write failed"));

        public void WaitForWriterThatFails() => Assert.Equal(FenceStatus.Faulted, _reservation.Wait(FenceUsage.Write, Timeout.InfiniteTimeSpan));

        /// <summary>The second entry is pending all the time; the first is, or what stands in its place.</summary>
        public void Walk()
        {
            List<Fence> found = Find(FenceUsage.Bookkeep);
            Assert.Equal(found.Count, found.DistinctBy(fence => fence.TimelineName).Count());
            Assert.True(_second.GetFence(1).IsSignaled || found.Any(fence => fence.IsFrom(_second)), "a fence that was there all the time was missed");
            Assert.True(
                _first.GetFence(1).IsSignaled || found.Any(fence => fence.IsFrom(_first) || fence.IsFrom(Third)),
                "neither what was replaced nor its replacement was found");
        }

        public void WalkWritersTwice()
        {
            bool before = Find(FenceUsage.Write).Any(fence => fence.IsFrom(_second));
            bool after = Find(FenceUsage.Write).Any(fence => fence.IsFrom(_second));
            Assert.True(after || !before, "a usage was taken back");
        }

        public void ReplaceFirst() => Change(() =>
        {
            _reservation.Replace(_first.GetFence(1), Third.GetFence(1), FenceUsage.Write);
        });

        /// <summary>The first entry goes, which moves the second into its place, and then the table is too small.</summary>
        public void SignalFirstAndAddMany()
        {
            _first.Signal(1);
            Change(() =>
            {
                _reservation.Reserve(5);
                _reservation.Add(Third.GetFence(1), FenceUsage.Read);
            });
        }

        public void PromoteSecond() => Change(() =>
        {
            _reservation.Reserve(2);
            _reservation.Add(_second.GetFence(2), FenceUsage.Write);
            _reservation.Add(_second.GetFence(2), FenceUsage.Bookkeep);
        });

        public void AddUnderLock(Fence fence) => Change(() =>
        {
            _reservation.Reserve(1);
            _reservation.Add(fence, FenceUsage.Read);
        });

        public void CheckLatestOfThird()
        {
            Fence latest = Assert.Single(Find(FenceUsage.Bookkeep), fence => fence.IsFrom(Third));
            Assert.Equal(2ul, latest.Point);
        }

        public void WaitForAll()
        {
            _reservation.Wait(FenceUsage.Bookkeep, Timeout.InfiniteTimeSpan);
            Assert.True(_second.GetFence(1).IsSignaled, "did not wait for a fence that was there all the time");
        }

        public void SignalAll()
        {
            Third.Signal(2);
            _first.Signal(1);
            _second.Signal(2);
        }

        private List<Fence> Find(FenceUsage usage)
        {
            List<Fence> found = [];
            FenceReservationEnumerator walk = _reservation.Fences(usage);
            while (walk.MoveNext())
            {
                if (walk.IsRestarted)
                {
                    found.Clear();
                }

                found.Add(walk.Current);
            }

            if (walk.IsRestarted)
            {
                found.Clear();
            }

            return found;
        }

        private void Change(Action change)
        {
            WoundWaiter.RentForThread(); // the next one is new: what a thread keeps must not outlive the execution
            Assert.True(_reservation.Lock.Lock(Timeout.InfiniteTimeSpan));
            change();
            _reservation.Lock.Unlock();
        }
    }
}
