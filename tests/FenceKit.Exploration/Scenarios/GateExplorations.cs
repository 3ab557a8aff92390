using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Leases, batches and the closing of gates; with store buffers wherever a reader's announcement could hide in one.</summary>
public class GateExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_gate_that_is_disposed_stays_subscribed_until_its_reader_has_left(MemoryModel memory, int preemptions) =>
        Verify(DisposeAgainstRead(), preemptions, memory);

    [Fact]
    public void So_it_does_at_random() => VerifyRandomly(DisposeAgainstRead(), executions: 50_000, MemoryModel.TotalStoreOrder);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Nothing_is_freed_under_a_lease(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("lease against free", () => new GuardedMemory())
                .Thread("reader", state => state.ReadByLease(GuardedMemory.Place))
                .Thread("owner", state => state.Free(GuardedMemory.Place))
                .PoolThread()
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void A_lease_that_is_given_back_twice_at_once_leaves_once() =>
        Verify(
            Scenario.Of("dispose of a lease against dispose of a lease against free", () => new GuardedMemory().WithLease(GuardedMemory.Place))
                .Thread("reader", state => state.ReturnLease())
                .Thread("other flow", state => state.ReturnLease())
                .Thread("owner", state => state.Free(GuardedMemory.Place))
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_batch_frees_nothing_under_a_reader_of_any_of_its_ranges(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("enter, read, leave against batch", () => new GuardedMemory())
                .Thread("reader", state =>
                {
                    state.Read(GuardedMemory.Place);
                    state.Read(GuardedMemory.OtherPlace);
                })
                .Thread("owner", state => state.FreeBoth())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void Two_owners_and_a_reader_between_them() =>
        Verify(
            Scenario.Of("read of one place against two owners", () => new GuardedMemory())
                .Thread("reader", state => state.Read(GuardedMemory.OtherPlace))
                .Thread("owner", state => state.Free(GuardedMemory.Place))
                .Thread("other owner", state => state.Free(GuardedMemory.OtherPlace))
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 1);

    private static Scenario<GuardedMemory> DisposeAgainstRead() =>
        Scenario.Of("enter, read, leave against dispose of the gate, free", () => new GuardedMemory())
            .Thread("reader", state => state.Read(GuardedMemory.Place))
            .Thread("owner", state => state.DisposeGateAndFree(GuardedMemory.Place))
            .PoolThread()
            .AtEnd(state => state.CheckAtRest());
}
