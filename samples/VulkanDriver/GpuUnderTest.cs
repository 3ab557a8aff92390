// SPDX-License-Identifier: MIT
using FenceKit.Conformance;
using FenceKit.Samples.VulkanDriver.Linux;
using FenceKit.Samples.VulkanDriver.Vulkan;

namespace FenceKit.Samples.VulkanDriver;

/// <summary>Step 6: the driver as the conformance checks see it. "Write value v into block b" is a job without rounds.</summary>
internal sealed class GpuUnderTest : QueueUnderTest<MixJob>
{
    private const int Blocks = 8;
    private const int Depth = 8;
    private const uint EveryByte = 0x01010101;

    private readonly Pages _memory;
    private readonly GpuDriver _driver;
    private readonly Lock _gate = new();
    private ulong _gates;   // under the gate: how many commands were to be held
    private bool _released; // under the gate

    private GpuUnderTest(Pages memory, DeviceQueue<MixJob> queue, GpuDriver driver)
        : base(queue)
    {
        _memory = memory;
        _driver = driver;
    }

    internal static GpuUnderTest Create(PhysicalDevice physical)
    {
        Pages memory = new(Blocks, GpuChoice.BlockSizeOf(physical));
        (DeviceQueue<MixJob> queue, GpuDriver driver) = GpuDriver.Open(physical, memory, Depth, capacity: 32);
        return new GpuUnderTest(memory, queue, driver); // the memory stays mapped: a check that was left behind may still look at it
    }

    public override int BlockSize => _memory.BlockSize;

    public override Span<byte> Memory => _memory.Bytes;

    public override int Held => _driver.Held;

    public override AddressRange RangeOf(int offset) => _memory.RangeOf(offset / BlockSize);

    public override void Release()
    {
        lock (_gate)
        {
            if (!_released && _gates > 0)
            {
                _driver.OpenGate(_gates);
            }

            _released = true;
        }
    }

    protected override MixJob Translate(in ConformanceCommand command)
    {
        lock (_gate)
        {
            ulong gate = command.IsHeld && !_released ? ++_gates : 0;
            return new MixJob(command.Offset / BlockSize, command.Value * EveryByte, Rounds: 0, gate);
        }
    }
}
