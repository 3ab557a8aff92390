// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>
/// Why the project exists: one driver waits for another one's fence inside an invalidation, while the other allocates on its way to the
/// signal. It hangs once a year in production, and is reported in the first run on one thread.
/// </summary>
public class TwoDrivers : ContractTest
{
    [Fact]
    public void The_circle_through_both_drivers_is_reported_on_one_thread_without_contention()
    {
        Driver copy = new("copy engine");
        Fence copied = Done(copy.Timeline);

        ReclaimWith(new Driver("display", () => copied.Wait()));
        copy.Work(() => FenceContract.MightAllocate());

        Assert.Equal(2, Reports.Count);
        LockViolation wait = Assert.Single(Reports, report => report.Kind == LockViolationKind.WaitInSection);
        Assert.Contains("fence copy engine", wait.ClassNames);
        LockViolation circle = Assert.Single(Reports, report => report.Kind == LockViolationKind.CircularDependency);
        Assert.Equal(["fence copy engine", "memory reclaim"], circle.ClassNames.Order());
        Assert.Contains("takes schedule of display", circle.ToString(), StringComparison.Ordinal); // the other driver, in the interleaving
    }

    [Fact]
    public void The_driver_that_waits_is_reported_alone()
    {
        Driver copy = new("copy engine");
        Fence copied = Done(copy.Timeline);

        ReclaimWith(new Driver("display", () => copied.Wait()));
        copy.Work();

        Reported(LockViolationKind.WaitInSection, "fence copy engine");
    }

    [Fact]
    public void The_driver_that_allocates_is_reported_alone()
    {
        Driver copy = new("copy engine");

        ReclaimWith(copy);
        copy.Work(() => FenceContract.MightAllocate());

        Reported(LockViolationKind.CircularDependency, "fence copy engine", "memory reclaim");
    }

    [Fact]
    public void Split_into_phases_and_with_memory_taken_beforehand_it_is_silent()
    {
        InvalidationNotifier notifier = new("pool");
        Driver copy = new("copy engine");
        Driver display = new("display");
        notifier.Subscribe(s_range, copy, "copy engine");
        notifier.Subscribe(s_range, display, "display");

        FenceContract.MightAllocate();
        using (FenceContract.EnterReclaim())
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session));
            copy.Work();
            display.Work();
            Assert.Equal(InvalidationOutcome.Completed, session.Wait(TimeSpan.FromSeconds(1)));
            session.Commit();
        }

        Silent();
    }

    private static void ReclaimWith(Driver driver)
    {
        InvalidationNotifier notifier = new("pool");
        notifier.Subscribe(s_range, driver, driver.Timeline.Name);
        using (FenceContract.EnterReclaim())
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session));
            session.Dispose();
        }
    }
}
