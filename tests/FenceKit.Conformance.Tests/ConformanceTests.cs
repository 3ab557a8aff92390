// SPDX-License-Identifier: MIT
using FenceKit.Samples.CustomDriver;

namespace FenceKit.Conformance.Tests;

/// <summary>The drivers of this repository keep the contract, and drivers that break it are caught, each by the check that is meant for it.</summary>
[Trait("Suite", "Conformance")]
public sealed class ConformanceTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>What a broken driver that hangs costs.</summary>
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(700);

    private static readonly Dictionary<Defect, string> s_caughtBy = new()
    {
        [Defect.ForgetsToSignal] = "every-command-ends",
        [Defect.SignalsEarly] = "work-is-done-when-its-fence-signals",
        [Defect.SignalsOutOfOrder] = "fences-signal-in-order",
        [Defect.DoubleCompletes] = "a-command-ends-once",
        [Defect.TouchesMemoryAfterItsFence] = "memory-is-left-alone-after-the-fence",
        [Defect.BlocksTheSubmitter] = "submitting-does-not-wait",
        [Defect.BlocksItsWorkerForADependency] = "dependencies-come-first",
        [Defect.IgnoresDependencies] = "dependencies-come-first",
        [Defect.IgnoresFaultedDependencies] = "a-faulted-dependency-fails-the-command",
        [Defect.LosesACancel] = "a-running-command-that-is-canceled-ends",
        [Defect.RunsWhatWasCanceled] = "a-canceled-command-never-runs",
        [Defect.IgnoresLoss] = "loss-ends-every-fence",
        [Defect.AcceptsWorkAfterLoss] = "a-lost-device-refuses-work",
        [Defect.StaysSubscribedAfterLoss] = "loss-detaches",
        [Defect.WaitsInSchedule] = "schedule-does-not-wait",
        [Defect.AllocatesInSchedule] = "schedule-does-not-allocate",
        [Defect.ThrowsInSchedule] = "schedule-does-not-throw",
        [Defect.SaysDoneWhileItRuns] = "no-stale-access",
        [Defect.StartsDuringAnInvalidation] = "nothing-starts-while-its-memory-goes",
        [Defect.DropsWorkWhenDisposed] = "disposing-ends-every-fence",
        [Defect.LeaksASubscription] = "disposing-detaches",
    };

    private static readonly Dictionary<string, Func<DeviceUnderTest>> s_drivers = new()
    {
        ["SimulatedDevice"] = static () => SimulatedUnderTest.Create(DeviceDispatch.ThreadPool, TimeSpan.FromMilliseconds(1)),
        ["SimulatedDevice, inline"] = static () => SimulatedUnderTest.Create(DeviceDispatch.Inline, TimeSpan.Zero),
        ["io_uring (samples/CustomDriver)"] = static () => RingUnderTest.Create(),
        ["a driver by hand"] = static () => new PlainDevice(),
    };

    public static TheoryData<string, string> Checks
    {
        get
        {
            TheoryData<string, string> data = [];
            string required = Environment.GetEnvironmentVariable("FENCEKIT_REQUIRE") ?? "";
            foreach (string driver in s_drivers.Keys)
            {
                // Where the kernel refuses io_uring its checks are left out, unless FENCEKIT_REQUIRE names it: then they run and fail.
                if (driver.StartsWith("io_uring", StringComparison.Ordinal) && !RingProbe.IsRequired(required) && RingProbe.WhyNot() is not null)
                {
                    continue;
                }

                foreach (ConformanceCheck check in DriverConformance.Checks)
                {
                    data.Add(driver, check.Name);
                }
            }

            return data;
        }
    }

    public static TheoryData<Defect> Defects => [.. s_caughtBy.Keys];

    [Theory]
    [MemberData(nameof(Checks))]
    public void A_driver_of_this_repository_keeps_the_contract(string driver, string check)
    {
        ConformanceProof.Of(driver, () => DriverConformance.Find(check).Run(s_drivers[driver], s_patience));
    }

    [Theory]
    [MemberData(nameof(Defects))]
    public void A_broken_driver_is_caught_by_the_check_that_is_meant_for_it(Defect defect)
    {
        ConformanceCheck check = DriverConformance.Find(s_caughtBy[defect]);

        ConformanceException caught = Assert.Throws<ConformanceException>(() => check.Run(() => new PlainDevice(defect), s_short));

        Assert.StartsWith(check.Name, caught.Message, StringComparison.Ordinal);
        ConformanceProof.Caught(s_caughtBy.Count);
    }
}
