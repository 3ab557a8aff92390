using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class ReaderGateExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Nothing_is_freed_while_a_reader_is_inside(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("read against replace", () => new GatedMemory())
                .Thread("reader", state =>
                {
                    state.Read();
                    state.Read();
                })
                .Thread("owner", state => state.Replace())
                .AtEnd(state =>
                {
                    Assert.Equal(2, state.Reads);
                    state.CheckAtRest();
                }),
            preemptions,
            memory);

    [Fact]
    public void Nothing_is_freed_while_one_of_two_readers_is_inside() =>
        Verify(
            Scenario.Of("read against read against replace", () => new GatedMemory())
                .Thread("reader", state => state.Read())
                .Thread("other reader", state => state.TryRead())
                .Thread("owner", state => state.Replace())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_reader_that_is_inside_may_enter_again(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("nested read against replace", () => new GatedMemory())
                .Thread("reader", state => state.ReadNested())
                .Thread("owner", state => state.Replace())
                .AtEnd(state =>
                {
                    Assert.Equal(2, state.Reads);
                    state.CheckAtRest();
                }),
            preemptions,
            memory);

    [Fact]
    public void Readers_go_on_after_a_back_off() =>
        Verify(
            Scenario.Of("read against replace or back off", () => new GatedMemory())
                .Thread("reader", state =>
                {
                    state.Read();
                    state.Read();
                })
                .Thread("owner", state =>
                {
                    state.ReplaceOrBackOff();
                    state.ReplaceOrBackOff();
                })
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void Random_readers_and_owners() =>
        VerifyRandomly(
            Scenario.Of("reads against reads against replaces", () => new GatedMemory())
                .Thread("reader", state =>
                {
                    state.Read();
                    state.ReadNested();
                })
                .Thread("other reader", state =>
                {
                    state.TryRead();
                    state.Read();
                })
                .Thread("owner", state =>
                {
                    state.Replace();
                    state.ReplaceOrBackOff();
                })
                .AtEnd(state => state.CheckAtRest()),
            executions: 20_000,
            MemoryModel.TotalStoreOrder);

    /// <summary>The shortest way to a reader that leaves between the barrier and the scan, with its store still on the way.</summary>
    [Fact]
    public void Whoever_is_found_inside_signals_when_it_leaves() =>
        Verify(
            Scenario.Of("enter, leave against schedule, wait", () => new EmptyRead())
                .Thread("reader", state => state.EnterAndLeave())
                .Thread("owner", state => state.ScheduleAndWait()),
            preemptions: 2,
            MemoryModel.TotalStoreOrder);

    private sealed class EmptyRead
    {
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly ReaderGate _gate;

        public EmptyRead() => _gate = new ReaderGate(_notifier, AddressRange.All, "readers", NewReaders.Pass);

        public void EnterAndLeave()
        {
            using (_gate.Enter())
            {
            }
        }

        public void ScheduleAndWait()
        {
            Assert.True(_notifier.TrySchedule(AddressRange.All, InvalidationReason.Unmap, out InvalidationSession session));
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(Timeout.InfiniteTimeSpan));
            session.Commit();
        }
    }
}
