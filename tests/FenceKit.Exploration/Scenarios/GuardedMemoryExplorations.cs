using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// Readers on the CPU against an owner, with store buffers: what a reader has stored may still be hidden from the owner. The only thing
/// that brings it out is the process-wide barrier of phase A.
/// </summary>
public sealed class GuardedMemoryExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void No_reader_is_inside_when_the_owner_frees(MemoryModel memory, int preemptions) => Verify(
        Scenario.Of("enter, read, leave against free", () => new GuardedMemory())
            .Thread("reader", memory => memory.Read(GuardedMemory.Place))
            .Thread("owner", memory => memory.Free(GuardedMemory.Place))
            .AtEnd(memory => memory.CheckAtRest()),
        preemptions,
        memory);

    [Fact]
    public void Of_two_readers_the_last_one_signals() => VerifyRandomly(
        Scenario.Of("two readers against free", () => new GuardedMemory())
            .Thread("reader", memory => memory.Read(GuardedMemory.Place))
            .Thread("other reader", memory => memory.Read(GuardedMemory.Place))
            .Thread("owner", memory => memory.Free(GuardedMemory.Place))
            .AtEnd(memory => memory.CheckAtRest()),
        executions: 15_000,
        MemoryModel.TotalStoreOrder);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_fence_that_nobody_waits_for_signals_all_the_same(MemoryModel memory, int preemptions) => Verify(
        Scenario.Of("leave against schedule and back off", () => new GuardedMemory())
            .Thread("reader", memory => memory.Read(GuardedMemory.Place))
            .Thread("owner", memory => memory.ScheduleAndBackOff(GuardedMemory.Place))
            .AtEnd(memory => memory.CheckAtRest()),
        preemptions,
        memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Closing_the_gate_waits_for_those_inside(MemoryModel memory, int preemptions) => Verify(
        Scenario.Of("enter, read, leave against close", () => new GuardedMemory())
            .Thread("reader", memory => memory.Read(GuardedMemory.Place))
            .Thread("owner", memory => memory.ShutDown())
            .AtEnd(memory => memory.CheckAtRest()),
        preemptions,
        memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Who_passes_finds_what_replaced_the_old_memory(MemoryModel memory, int preemptions) => Verify(
        Scenario.Of("enter, look up, read against replace", () => new ReplacedMemory())
            .Thread("reader", memory => memory.Read())
            .Thread("owner", memory => memory.Replace()),
        preemptions,
        memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_skipped_subscriber_has_nothing_mapped(MemoryModel memory, int preemptions) => Verify(
        Scenario.Of("populate against schedule, back off, schedule", () => new TrackedPage())
            .Thread("mapper", page => page.TryMap())
            .Thread("owner", page => page.BackOffThenFree())
            .AtEnd(page => page.CheckNotStale()),
        preemptions,
        memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_skipped_subscriber_with_a_lock_of_its_own_has_nothing_mapped(MemoryModel memory, int preemptions) => Verify(
        Scenario.Of("publish under a lock against schedule, back off, schedule", () => new TrackedPage())
            .Thread("mapper", page => page.TryMapUnderLock())
            .Thread("owner", page => page.BackOffThenFree())
            .AtEnd(page => page.CheckNotStale()),
        preemptions,
        memory);

    [Fact]
    public void A_nested_reader_is_safe_past_a_session_of_another_range() => VerifyRandomly(
        Scenario.Of("nested enter against two owners", () => new GuardedMemory())
            .Thread("reader", memory => memory.ReadNested(GuardedMemory.OtherPlace, GuardedMemory.Place))
            .Thread("owner", memory => memory.Free(GuardedMemory.Place))
            .Thread("other owner", memory => memory.Free(GuardedMemory.OtherPlace))
            .AtEnd(memory => memory.CheckAtRest()),
        executions: 15_000,
        MemoryModel.TotalStoreOrder);
}
