using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Owners that invalidate one range at the same time: the memory is handed back once.</summary>
public class SupersededExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Of_two_owners_that_wait_one_frees_the_memory(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("free against free", () => new OneAllocation())
                .Thread("owner", state => state.HandBack(Timeout.InfiniteTimeSpan))
                .Thread("other owner", state => state.HandBack(Timeout.InfiniteTimeSpan))
                .AtEnd(state => state.CheckFreedOnce()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void Of_two_owners_that_only_look_at_most_one_frees_the_memory(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("look and free against look and free", () => new OneAllocation())
                .Thread("owner", state => state.HandBack(TimeSpan.Zero))
                .Thread("other owner", state => state.HandBack(TimeSpan.Zero))
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void Of_three_owners_one_of_which_backs_off_one_frees_the_memory() =>
        Verify(
            Scenario.Of("free against free against back-off", () => new OneAllocation())
                .Thread("owner", state => state.HandBack(Timeout.InfiniteTimeSpan))
                .Thread("other owner", state => state.HandBack(Timeout.InfiniteTimeSpan))
                .Thread("hesitant owner", state => state.ScheduleAndBackOff())
                .AtEnd(state => state.CheckFreedOnce()),
            preemptions: 1);

    [Fact]
    public void Of_two_owners_one_frees_the_memory_also_where_there_are_many_stripes() =>
        Verify(
            Scenario.Of("free against free, many stripes", () => new OneAllocation(isDealt: true))
                .Thread("owner", state => state.HandBack(Timeout.InfiniteTimeSpan))
                .Thread("other owner", state => state.HandBack(Timeout.InfiniteTimeSpan))
                .AtEnd(state => state.CheckFreedOnce()),
            preemptions: 2);

    [Fact]
    public void Owners_whose_batches_overlap_crosswise_in_many_stripes_do_not_wait_in_a_circle() =>
        Verify(
            Scenario.Of("batch against batch, many stripes", () => new OneAllocation(isDealt: true))
                .Thread("owner", state => state.HandBackBatch(0x1000, 0x5000))
                .Thread("other owner", state => state.HandBackBatch(0x5800, 0x1800))
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void Owners_whose_batches_overlap_crosswise_do_not_wait_in_a_circle() =>
        Verify(
            Scenario.Of("batch against batch", () => new OneAllocation())
                .Thread("owner", state => state.HandBackBatch(0x1000, 0x5000))
                .Thread("other owner", state => state.HandBackBatch(0x5800, 0x1800))
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    private sealed class OneAllocation
    {
        private static readonly AddressRange s_range = new(0x1000, 0x2000);

        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private int _isThere = 1;
        private int _frees;

        public OneAllocation(bool isDealt = false)
        {
            if (isDealt)
            {
                _notifier.DealOut();
            }
        }

        public void HandBack(TimeSpan budget)
        {
            Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            using (session)
            {
                // The owner's table, looked at after the schedule: whoever frees the range later has to wait for this session.
                bool isThere = Volatile.Read(ref _isThere) != 0;
                if (session.Wait(budget) == InvalidationOutcome.Completed)
                {
                    if (isThere)
                    {
                        Assert.Equal(1, Interlocked.Exchange(ref _isThere, 0));
                        _frees++;
                    }

                    session.Commit();
                }
            }
        }

        public void HandBackBatch(ulong first, ulong second)
        {
            InvalidationBatch batch = _notifier.CreateBatch();
            batch.Add(AddressRange.FromLength(first, 0x1000));
            batch.Add(AddressRange.FromLength(second, 0x1000));
            Assert.True(batch.TrySchedule(InvalidationReason.Unmap, out InvalidationSession session));
            if (session.Wait(Timeout.InfiniteTimeSpan) == InvalidationOutcome.Completed)
            {
                session.Commit();
            }
            else
            {
                session.BackOff();
            }
        }

        public void ScheduleAndBackOff()
        {
            Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            session.BackOff();
        }

        public void CheckFreedOnce()
        {
            Assert.Equal(1, _frees);
            CheckAtRest();
        }

        public void CheckAtRest()
        {
            Assert.InRange(_frees, 0, 1);
            Assert.Equal(0, _notifier.ActiveSessions);
            Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
            Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
            session.Commit();
        }
    }
}
