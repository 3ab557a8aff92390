// SPDX-License-Identifier: MIT
using FenceKit.Conformance;
using ILGPU.Runtime;

namespace FenceKit.Samples.Ilgpu;

/// <summary>The driver as the conformance checks see it. "Write value v into block b" is a job without rounds.</summary>
internal sealed class StreamUnderTest : QueueUnderTest<KernelJob>
{
    private const int Blocks = 8;
    private const int WordsInBlock = 256;
    private const int Depth = 8;
    private const int EveryByte = 0x01010101;

    private readonly HostBlocks _host;
    private readonly StreamDriver _driver;
    private readonly Lock _gate = new();
    private ulong _gates;   // under the gate: how many commands were to be held
    private bool _released; // under the gate

    private StreamUnderTest(HostBlocks host, DeviceQueue<KernelJob> queue, StreamDriver driver)
        : base(queue)
    {
        _host = host;
        _driver = driver;
    }

    internal static StreamUnderTest Create(Accelerator accelerator)
    {
        HostBlocks host = new(Blocks, WordsInBlock);
        (DeviceQueue<KernelJob> queue, StreamDriver driver) = StreamDriver.Open(accelerator, host, Depth, capacity: 32);
        return new StreamUnderTest(host, queue, driver);
    }

    public override int BlockSize => _host.BlockSize;

    public override Span<byte> Memory => _host.Bytes;

    public override int Held => _driver.Held;

    public override AddressRange RangeOf(int offset) => _host.RangeOf(offset / BlockSize);

    public override void Release()
    {
        lock (_gate)
        {
            _released = true;
            _driver.OpenGate(_gates);
        }
    }

    protected override KernelJob Translate(in ConformanceCommand command)
    {
        lock (_gate)
        {
            ulong gate = command.IsHeld && !_released ? ++_gates : 0;
            return new KernelJob(command.Offset / BlockSize, unchecked(command.Value * EveryByte), Rounds: 0, gate);
        }
    }
}
