using Xunit.Abstractions;

namespace FenceKit.Exploration;

public class PublishExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_publish_against_a_schedule_leaves_no_stale_mapping(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("publish against schedule", () => new MappedPage())
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
            Scenario.Of("publish under own lock against schedule", MappedPage () => new LockedMappedPage())
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.Replace())
                .AtEnd(page => page.CheckAtRest()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_reader_that_waits_for_the_range_is_let_in_and_maps_what_is_there_now(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("waiting reader against schedule and commit", () => new MappedPage())
                .Thread("mapper", page => page.Map())
                .Thread("owner", page =>
                {
                    page.Replace();
                    page.Replace();
                })
                .AtEnd(page => page.CheckAtRest()),
            preemptions,
            memory);

    [Fact]
    public void A_reader_goes_on_after_a_back_off() =>
        Verify(
            Scenario.Of("waiting reader against back-off", () => new MappedPage())
                .Thread("mapper", page => page.Map())
                .Thread("owner", page => page.ScheduleAndBackOff())
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 3);

    [Fact]
    public void A_reader_goes_on_after_a_schedule_that_was_refused() =>
        Verify(
            Scenario.Of("waiting reader against refused schedule", MappedPage () => new RefusedPage())
                .Thread("mapper", page => page.Map())
                .Thread("owner", page => page.Replace())
                .AtEnd(page =>
                {
                    Assert.Equal(0, page.Replaced);
                    page.CheckAtRest();
                }),
            preemptions: 3);

    [Fact]
    public void Two_overlapping_sessions_and_a_reader_leave_no_stale_mapping() =>
        Verify(
            Scenario.Of("two sessions against publish", () => new MappedPage())
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.Replace())
                .Thread("other owner", page => page.Replace(AddressRange.All))
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 2);

    [Fact]
    public void Two_overlapping_sessions_and_a_reader_in_random_order() =>
        VerifyRandomly(
            Scenario.Of("two sessions against waiting reader", () => new MappedPage())
                .Thread("mapper", page => page.Map())
                .Thread("owner", page => page.Replace())
                .Thread("other owner", page => page.Replace(AddressRange.All))
                .AtEnd(page =>
                {
                    page.CheckAtRest();
                    Assert.Equal(2, page.Replaced);
                }),
            executions: 30_000,
            MemoryModel.TotalStoreOrder);

    [Fact]
    public void A_device_that_needs_time_is_waited_for() =>
        Verify(
            Scenario.Of("publish against schedule with a slow device", () => new DeviceMappedPage(owners: 1))
                .Thread("mapper", page => page.TryMap())
                .Thread("owner", page => page.ReplaceOnce())
                .Thread("device", page => page.RunDevice())
                .AtEnd(page => page.CheckAtRest()),
            preemptions: 2);
}
