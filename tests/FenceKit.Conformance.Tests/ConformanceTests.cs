// SPDX-License-Identifier: MIT
using FenceKit.Samples.CustomDriver;
using FenceKit.Samples.Ilgpu;

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
        ["SimulatedDevice, unordered"] = static () => SimulatedUnderTest.Create(DeviceDispatch.ThreadPool, TimeSpan.FromMilliseconds(1), isUnordered: true),
        ["SimulatedDevice, unordered, inline"] = static () => SimulatedUnderTest.Create(DeviceDispatch.Inline, TimeSpan.Zero, isUnordered: true),
        ["io_uring (samples/CustomDriver)"] = static () => RingUnderTest.Create(),
        ["ILGPU (samples/Ilgpu)"] = static () => StreamUnderTest.Create(IlgpuAccelerator.Cpu),
        ["a driver by hand"] = static () => new PlainDevice(),
        ["a driver by hand that refuses busy ranges"] = static () => new PlainDevice(refusesBusyRanges: true),
        ["the driver of docs/writing-a-driver.md"] = static () => new CopyEngineUnderTest(),
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

    [Theory]
    [InlineData(DeviceDispatch.ThreadPool)]
    [InlineData(DeviceDispatch.Inline)]
    public void A_device_that_cannot_be_stopped_keeps_its_memory(DeviceDispatch dispatch) =>
        DriverConformance.Find("lost-memory-is-refused-until-the-device-stops")
            .Run(() => SimulatedUnderTest.Create(dispatch, TimeSpan.Zero, stopsWhenLost: false), s_patience);

    /// <summary>A check that disposes a device, and only then lets go of what it holds.</summary>
    [Fact]
    public async Task A_ring_that_is_released_after_its_end_feeds_no_closed_descriptor()
    {
        if (!RingProbe.IsRequired(Environment.GetEnvironmentVariable("FENCEKIT_REQUIRE")) && RingProbe.WhyNot() is not null)
        {
            return; // as the checks of the ring above
        }

        RingUnderTest ring = RingUnderTest.Create();
        ConformanceCommand held = new(0, 1, IsHeld: true);
        Assert.Equal(DeviceSubmitStatus.Submitted, ring.TrySubmit(in held, [], out Fence fence));
        ring.Lose(new IOException("the device was pulled out"));
        Assert.Equal(FenceStatus.Faulted, fence.Wait(s_patience));
        await ring.DisposeAsync();
        ring.Release();
    }
}
