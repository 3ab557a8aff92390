using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Waits for several fences that end by signal, by time or by token: whichever comes first, there is one answer and nothing left over.</summary>
public class TimedSetExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    private static readonly TimeSpan s_forever = Timeout.InfiniteTimeSpan;

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_blocked_wait_for_any_ends_by_a_signal_or_by_the_clock(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait any against signals against clock", () => new ClockedDevices())
                .Thread("waiter", state => state.WaitAny(ClockedDevices.Limit))
                .Thread("devices", state => state.SignalBoth())
                .Thread("clock", state => state.EndTime())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_blocked_wait_for_any_ends_by_a_signal_or_by_its_token(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("wait any against signals against cancel", () => new ClockedDevices())
                .Thread("waiter", state => state.WaitAny(s_forever))
                .Thread("devices", state => state.SignalBoth())
                .Thread("canceler", state => state.Cancel())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void A_blocked_wait_for_all_ends_by_the_last_signal_or_by_the_clock() =>
        Verify(
            Scenario.Of("wait all against signals against clock", () => new ClockedDevices())
                .Thread("waiter", state => state.WaitAll(ClockedDevices.Limit))
                .Thread("devices", state => state.SignalBoth())
                .Thread("clock", state => state.EndTime())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void A_blocked_wait_for_all_ends_by_the_last_signal_or_by_its_token() =>
        Verify(
            Scenario.Of("wait all against signals against cancel", () => new ClockedDevices())
                .Thread("waiter", state => state.WaitAll(s_forever))
                .Thread("devices", state => state.SignalBoth())
                .Thread("canceler", state => state.Cancel())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void An_await_of_any_ends_by_a_signal_or_by_the_clock(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any against signals against clock", () => new ClockedDevices())
                .Thread("awaiter", state => state.AwaitAny(ClockedDevices.Limit))
                .Thread("devices", state => state.SignalBoth())
                .Thread("clock", state => state.EndTime())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void An_await_of_any_ends_by_a_signal_or_by_its_token() =>
        Verify(
            Scenario.Of("await any against signals against cancel", () => new ClockedDevices())
                .Thread("awaiter", state => state.AwaitAny(s_forever))
                .Thread("devices", state => state.SignalBoth())
                .Thread("canceler", state => state.Cancel())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void An_await_of_all_ends_by_the_last_signal_or_by_its_token() =>
        Verify(
            Scenario.Of("await all against signals against cancel", () => new ClockedDevices())
                .Thread("awaiter", state => state.AwaitAll(s_forever))
                .Thread("devices", state => state.SignalBoth())
                .Thread("canceler", state => state.Cancel())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void Clock_and_token_together_end_a_wait_once() =>
        VerifyRandomly(
            Scenario.Of("await all against signals against clock and cancel", () => new ClockedDevices())
                .Thread("awaiter", state => state.AwaitAll(ClockedDevices.Limit))
                .Thread("devices", state => state.SignalBoth())
                .Thread("clock and canceler", state =>
                {
                    state.EndTime();
                    Explored.Cancel(state.Cancellation);
                })
                .AtEnd(state => state.CheckAtRest()),
            executions: 5_000,
            MemoryModel.TotalStoreOrder);
}
