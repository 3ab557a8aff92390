// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance.Tests;

/// <summary>A <see cref="SimulatedDevice{TCommand}"/> whose memory is an array.</summary>
internal sealed class SimulatedUnderTest : QueueUnderTest<ConformanceCommand>
{
    private const int Block = 64;
    private const ulong Base = 0x10000;
    private readonly byte[] _memory;
    private readonly SimulatedDevice<ConformanceCommand> _device;
    private readonly Switch _released;

    private sealed class Switch
    {
        private bool _on;

        internal bool IsOn
        {
            get => Volatile.Read(ref _on);
            set => Volatile.Write(ref _on, value);
        }
    }

    private SimulatedUnderTest(byte[] memory, SimulatedDevice<ConformanceCommand> device, Switch released, DeviceQueueOptions options)
        : base(new DeviceQueue<ConformanceCommand>("simulated", device, options))
    {
        _memory = memory;
        _device = device;
        _released = released;
    }

    internal static SimulatedUnderTest Create(
        DeviceDispatch dispatch, TimeSpan latency, bool stopsWhenLost = true, bool isUnordered = false)
    {
        byte[] memory = new byte[8 * Block];
        Switch released = new();
        SimulatedDevice<ConformanceCommand> device = new(TimeProvider.System, Script)
        {
            Execute = command => memory.AsSpan(command.Offset, Block).Fill(command.Value),
            RangeOf = command => AddressRange.FromLength(Base + (ulong)command.Offset, Block),
            StopsWhenLost = stopsWhenLost,
        };
        return new SimulatedUnderTest(memory, device, released, new DeviceQueueOptions
        {
            Dispatch = dispatch,
            Capacity = 32,
            Depth = isUnordered ? 16 : 4,
            IsUnordered = isUnordered,
        });

        // Odd commands take longer than even ones: the hardware finishes out of order.
        SimulatedOutcome Script(ConformanceCommand command) =>
            command.IsHeld && !released.IsOn ? SimulatedOutcome.Hang
            : latency == TimeSpan.Zero ? SimulatedOutcome.AtOnce
            : SimulatedOutcome.After(command.Value % 2 == 0 ? latency : 2 * latency);
    }

    public override int BlockSize => Block;

    public override Span<byte> Memory => _memory;

    public override int Held => _device.Hung;

    public override AddressRange RangeOf(int offset) => AddressRange.FromLength(Base + (ulong)offset, Block);

    public override void Release()
    {
        _released.IsOn = true;
        _device.ReleaseHung();
    }

    protected override ConformanceCommand Translate(in ConformanceCommand command) => command;
}
