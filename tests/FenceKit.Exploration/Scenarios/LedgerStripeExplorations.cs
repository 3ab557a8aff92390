using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// The promises of readers and owners once more where the addresses are dealt out over many stripes, which number and signal in another way than one does, and
/// while they are being dealt out.
/// </summary>
public class LedgerStripeExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_publish_against_a_schedule_leaves_no_stale_mapping(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("publish against schedule, many stripes", () => Dealt(new MappedPage()))
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.Replace())
                .AtEnd(page => page.CheckAtRest()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_publish_under_a_lock_of_the_subscribers_own_leaves_no_stale_mapping(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("publish under own lock against schedule, many stripes", MappedPage () => Dealt(new LockedMappedPage()))
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.Replace())
                .AtEnd(page => page.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void A_reader_that_waits_for_the_range_is_let_in_and_maps_what_is_there_now() =>
        Verify(
            Scenario.Of("waiting reader against two schedules, many stripes", () => Dealt(new MappedPage()))
                .Thread("mapper", page => page.Map())
                .Thread("owner", page =>
                {
                    page.Replace();
                    page.Replace();
                })
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void A_session_over_one_stripe_one_over_all_and_a_reader_leave_no_stale_mapping() =>
        Verify(
            Scenario.Of("one stripe against all stripes against publish", () => Dealt(new MappedPage()))
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.Replace())
                .Thread("other owner", page => page.Replace(AddressRange.All))
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void A_session_that_no_other_reader_has_looked_at_is_not_missed() =>
        Verify(
            Scenario.Of("publish against publish against two schedules, many stripes", () => Dealt(new MappedPage()))
                .Thread("mapper", page =>
                {
                    page.TryMap();
                    page.Subscription.TryBeginRead(MappedPage.Page, out _);
                })
                .Thread("owner", page =>
                {
                    page.Replace();
                    page.Replace();
                })
                .Thread("other reader", page => page.Subscription.TryBeginRead(MappedPage.Page, out _))
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Nothing_is_freed_while_a_reader_is_inside_though_signals_are_taken_down(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("reads against two replaces, many stripes", () => DealtMemory())
                .Thread("reader", state =>
                {
                    state.Read();
                    state.Read();
                    state.Read();
                })
                .Thread("owner", state =>
                {
                    state.Replace();
                    state.Replace();
                })
                .AtEnd(state =>
                {
                    Assert.Equal(3, state.Reads);
                    state.CheckAtRest();
                }),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_reader_that_is_inside_may_enter_again(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("nested read against replace, many stripes", () => DealtMemory())
                .Thread("reader", state => state.ReadNested())
                .Thread("owner", state => state.Replace())
                .AtEnd(state => state.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void A_mapping_is_not_stale_though_the_addresses_are_dealt_out_meanwhile() =>
        Verify(
            Scenario.Of("publish against schedule against dealing out", () => new MappedPage())
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.Replace())
                .Thread("other owner", page => page.Notifier.DealOut())
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void A_mapping_is_not_stale_though_the_addresses_are_dealt_out_meanwhile_at_random() =>
        VerifyRandomly(
            Scenario.Of("publish against schedules against dealing out", () => new MappedPage())
                .Thread("mapper", page =>
                {
                    page.TryMap();
                    page.TryMap();
                })
                .Thread("owner", page =>
                {
                    page.Replace();
                    page.Replace();
                })
                .Thread("other owner", page =>
                {
                    page.Notifier.DealOut();
                    page.Replace(AddressRange.All);
                })
                .AtEnd(page => page.CheckAtRest()),
            executions: 20_000,
            MemoryModel.TotalStoreOrder);

    [Fact]
    public void Nothing_is_freed_while_a_reader_is_inside_though_the_addresses_are_dealt_out_meanwhile() =>
        Verify(
            Scenario.Of("nested read against replace against dealing out", () => new GatedMemory())
                .Thread("reader", state => state.ReadNested())
                .Thread("owner", state => state.Replace())
                .Thread("other owner", state => state.Notifier.DealOut())
                .AtEnd(state => state.CheckAtRest()),
            preemptions: 2);

    private static T Dealt<T>(T page)
        where T : MappedPage
    {
        page.Notifier.DealOut();
        return page;
    }

    private static GatedMemory DealtMemory()
    {
        GatedMemory memory = new();
        memory.Notifier.DealOut();
        return memory;
    }
}

internal static class LedgerStripes
{
    /// <summary>As when sessions of the size of a page have met too often.</summary>
    public static void DealOut(this InvalidationNotifier notifier) => notifier.Ledger.Divide([MappedPage.Page]);
}
