// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace FenceKit.Benchmarks.Invalidation;

/// <summary>What it costs a reader to enter and leave, beside the usual ways to keep something from going away.</summary>
[ShortRunJob]
[MemoryDiagnoser]
public class ReaderBenchmarks
{
    private const int Rounds = 1_000;
    private static readonly AddressRange s_own = new(0, 100);
    private static readonly AddressRange s_other = new(200, 300);

    private readonly Counted _handle = new();
    private readonly Lock _lock = new();
    private readonly ReaderGate _gate;
    private readonly ReaderGate _busyGate;
    private int _count;

    public ReaderBenchmarks()
    {
        _gate = new ReaderGate(new InvalidationNotifier("quiet"), AddressRange.All, "readers");
        InvalidationNotifier busy = new("busy");
        _busyGate = new ReaderGate(busy, AddressRange.All, "readers");
        busy.TrySchedule(s_other, InvalidationReason.Unmap, out _); // stays open
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Rounds)]
    public void SafeHandleAddRefAndRelease()
    {
        for (int round = 0; round < Rounds; round++)
        {
            bool added = false;
            try
            {
                _handle.DangerousAddRef(ref added);
            }
            finally
            {
                if (added)
                {
                    _handle.DangerousRelease();
                }
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Rounds)]
    public void InterlockedCount()
    {
        for (int round = 0; round < Rounds; round++)
        {
            Interlocked.Increment(ref _count);
            Interlocked.Decrement(ref _count);
        }
    }

    [Benchmark(OperationsPerInvoke = Rounds)]
    public void Locked()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using (_lock.EnterScope())
            {
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Rounds)]
    public void GateReaderInALoop()
    {
        GateReader reader = _gate.GetReader();
        for (int round = 0; round < Rounds; round++)
        {
            using (reader.Enter())
            {
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Rounds)]
    public void Gate()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using (_gate.Enter())
            {
            }
        }
    }

    /// <summary>An invalidation of another range is open all the time.</summary>
    [Benchmark(OperationsPerInvoke = Rounds)]
    public void GateWhileAnotherRangeIsInvalidated()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using (_busyGate.Enter(s_own))
            {
            }
        }
    }

    private sealed class Counted() : SafeHandle(invalidHandleValue: 0, ownsHandle: true)
    {
        public override bool IsInvalid => false;

        protected override bool ReleaseHandle() => true;
    }
}
