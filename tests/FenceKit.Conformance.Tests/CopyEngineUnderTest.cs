// SPDX-License-Identifier: MIT
using FenceKit.Tests.Readme;

namespace FenceKit.Conformance.Tests;

/// <summary>The driver of docs/writing-a-driver.md, compiled from the very file that is printed there, with an array for memory.</summary>
internal sealed class CopyEngineUnderTest() : QueueUnderTest<CopyJob>(new DeviceQueue<CopyJob>("copy engine", new CopyEngine()))
{
    private const int Block = 64;
    private const ulong Base = 0x10000;
    private readonly byte[] _memory = new byte[8 * Block];
    private readonly ManualResetEventSlim _released = new();
    private int _held;

    public override int BlockSize => Block;

    public override Span<byte> Memory => _memory;

    public override int Held => Volatile.Read(ref _held);

    public override AddressRange RangeOf(int offset) => AddressRange.FromLength(Base + (ulong)offset, Block);

    public override void Release() => _released.Set();

    protected override CopyJob Translate(in ConformanceCommand command)
    {
        ConformanceCommand what = command;
        return new CopyJob(RangeOf(command.Offset), Work);

        void Work(CancellationToken stop)
        {
            if (what.IsHeld)
            {
                Hold(stop);
            }

            _memory.AsSpan(what.Offset, Block).Fill(what.Value);
        }
    }

    private void Hold(CancellationToken stop)
    {
        Interlocked.Increment(ref _held);
        try
        {
            _released.Wait(stop);
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }
}
