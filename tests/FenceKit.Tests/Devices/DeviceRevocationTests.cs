// SPDX-License-Identifier: MIT
namespace FenceKit.Tests;

/// <summary>Devices with a better way to let go of memory than to wait for what runs.</summary>
public class DeviceRevocationTests
{
    private static readonly AddressRange s_range = new(0, 4096);

    private delegate bool Schedule(in InvalidationRequest request, Fence drained, out Fence fence);

    private sealed class RevokingDriver(Schedule schedule) : DeviceDriver<int>
    {
        internal DeviceCommand<int> Running { get; private set; }

        public override void Start(ReadOnlySpan<DeviceCommand<int>> batch) => Running = batch[^1];

        public override int GetRanges(in int command, Span<AddressRange> ranges)
        {
            ranges[0] = s_range;
            return 1;
        }

        public override bool TrySchedule(in InvalidationRequest request, Fence drained, out Fence fence) =>
            schedule(in request, drained, out fence);
    }

    private readonly InvalidationNotifier _notifier = new("memory");

    private RevokingDriver Run(Schedule schedule)
    {
        RevokingDriver driver = new(schedule);
        DeviceQueue<int> queue = new("queue", driver, HandDriver.Options());
        queue.Attach(_notifier, AddressRange.All);
        queue.TrySubmit(1, out _);
        return driver;
    }

    [Fact]
    public void The_fence_of_the_driver_is_what_the_owner_waits_for()
    {
        FenceTimeline revocations = new("revocations");
        RevokingDriver driver = Run((in InvalidationRequest _, Fence _, out Fence fence) =>
        {
            fence = revocations.Issue();
            return true;
        });

        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        driver.Running.Complete();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        revocations.Signal(revocations.Issued);

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Commit();
    }

    [Fact]
    public void A_driver_that_takes_the_range_from_a_running_command_need_not_wait_for_it()
    {
        RevokingDriver driver = Run(static (in InvalidationRequest _, Fence _, out Fence fence) =>
        {
            fence = default;
            return true;
        });

        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));

        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.False(driver.Running.Fence.IsSignaled);
        session.Commit();
    }

    [Fact]
    public void The_driver_learns_the_range_and_the_fence_of_the_last_command_that_uses_it()
    {
        List<(AddressRange Range, Fence Drained)> seen = new(capacity: 4); // nothing is allocated inside a schedule
        RevokingDriver driver = Run((in InvalidationRequest request, Fence drained, out Fence fence) =>
        {
            seen.Add((request.Overlap, drained));
            fence = drained;
            return true;
        });

        Assert.True(_notifier.TrySchedule(new AddressRange(100, 200), InvalidationReason.Unmap, out InvalidationSession first));
        Fence running = driver.Running.Fence;
        driver.Running.Complete();
        Assert.Equal(InvalidationOutcome.Completed, first.TryWait());
        first.Commit();
        Assert.True(_notifier.TrySchedule(new AddressRange(100, 200), InvalidationReason.Unmap, out InvalidationSession second));
        second.Commit();

        Assert.Equal([(new AddressRange(100, 200), running), (new AddressRange(100, 200), default)], seen);
    }

    [Fact]
    public void A_driver_that_would_have_to_block_makes_the_schedule_fail_and_nothing_stays_behind()
    {
        bool canSchedule = false;
        Run((in InvalidationRequest _, Fence drained, out Fence fence) =>
        {
            fence = canSchedule ? drained : default;
            return canSchedule;
        });

        Assert.False(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out _));
        Assert.Equal(0, _notifier.GetStatistics().Active);

        canSchedule = true;
        Assert.True(_notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        session.BackOff();
    }
}
