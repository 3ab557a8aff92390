// SPDX-License-Identifier: MIT
using FenceKit.Samples.CustomDriver;

namespace FenceKit.Conformance.Tests;

/// <summary>The drivers of this repository keep the contract.</summary>
[Trait("Suite", "Conformance")]
public sealed class ConformanceTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly Dictionary<string, Func<DeviceUnderTest>> s_drivers = new()
    {
        ["SimulatedDevice"] = static () => SimulatedUnderTest.Create(DeviceDispatch.ThreadPool, TimeSpan.FromMilliseconds(1)),
        ["SimulatedDevice, inline"] = static () => SimulatedUnderTest.Create(DeviceDispatch.Inline, TimeSpan.Zero),
        ["io_uring (samples/CustomDriver)"] = static () => RingUnderTest.Create(),
        ["a driver by hand"] = static () => new PlainDevice(),
    };

    private const string Vulkan = "Vulkan (samples/VulkanDriver)";

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

            foreach (ConformanceCheck check in DriverConformance.Checks.Where(static _ => VulkanRun.IsWanted))
            {
                data.Add(Vulkan, check.Name);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Checks))]
    public void A_driver_of_this_repository_keeps_the_contract(string driver, string check)
    {
        ConformanceProof.Of(driver, () =>
        {
            if (driver == Vulkan)
            {
                VulkanRun.Passed(check);
            }
            else
            {
                DriverConformance.Find(check).Run(s_drivers[driver], s_patience);
            }
        });
    }
}
