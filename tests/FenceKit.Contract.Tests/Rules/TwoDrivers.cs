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
        InvalidationNotifier notifier = new("pool");
        Driver copy = new("copy engine");
        Fence copied = Done(copy.Timeline);
        Driver display = new("display", () => copied.Wait());
        notifier.Subscribe(s_range, display, "display");

        using (FenceContract.EnterReclaim())
        {
            Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Discard, out InvalidationSession session));
            session.Dispose();
        }

        copy.Work(() => FenceContract.MightAllocate());

        LockViolation circle = Assert.Single(Reports, report => report.Kind == LockViolationKind.CircularDependency);
        Assert.Equal(["fence copy engine", "memory reclaim"], circle.ClassNames.Order());
        Assert.Contains("takes schedule of display", circle.ToString(), StringComparison.Ordinal); // the other driver, in the interleaving
        LockViolation wait = Assert.Single(Reports, report => report.Kind == LockViolationKind.WaitInSection);
        Assert.Equal(2, Reports.Count);
        Assert.Contains("fence copy engine", wait.ClassNames);
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
}
