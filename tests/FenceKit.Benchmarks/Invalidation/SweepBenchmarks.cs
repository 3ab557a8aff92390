// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;

namespace FenceKit.Benchmarks.Invalidation;

/// <summary>
/// Memory is wanted back, and one range in a hundred is stuck. The naive reclaimer takes range after range and gives each a millisecond;
/// the sweep skips what would have to be waited for, and remembers it.
/// </summary>
[ShortRunJob]
[MemoryDiagnoser]
public class SweepBenchmarks : IReclaimOwner
{
    private const int Ranges = 10_000;
    private const int OneIn = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(1);

    private readonly InvalidationNotifier _notifier = new("benchmark");
    private readonly AddressRange[] _all = [.. Enumerable.Range(0, Ranges).Select(RangeOf)];
    private readonly AddressRange[] _free = [.. Enumerable.Range(0, Ranges).Where(index => index % OneIn != 0).Select(RangeOf)];
    private ReclaimSweep? _sweep;
    private long _freed;

    [GlobalSetup]
    public void Setup()
    {
        Fence never = new FenceTimeline("stuck device").Issue();
        for (int index = 0; index < Ranges; index++)
        {
            _notifier.Subscribe(RangeOf(index), new Device(index % OneIn == 0 ? never : default), "device");
        }

        _sweep = new ReclaimSweep(_notifier, InvalidationReason.Discard, this);
        _sweep.Run(_all, TimeSpan.Zero); // from here on it remembers those that are stuck, and tries them again each time
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Ranges)]
    public long OneAfterTheOther()
    {
        foreach (AddressRange range in _all)
        {
            _notifier.Invalidate(range, InvalidationReason.Discard, this, static (owner, range) => owner.Park(range), static (owner, range) => owner.Free(range), s_patience);
        }

        return _freed;
    }

    [Benchmark(OperationsPerInvoke = Ranges)]
    public ReclaimProgress Sweep() => _sweep!.Run(_free, TimeSpan.Zero);

    public void Park(AddressRange range) => _freed++;

    public void Free(AddressRange range)
    {
    }

    public void Restore(AddressRange range) => _freed--;

    private static AddressRange RangeOf(int index) => AddressRange.FromLength((ulong)index * 4096, 4096);

    private sealed class Device(Fence fence) : IInvalidationSubscriber
    {
        private readonly Fence _fence = fence;

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = _fence;
            return true;
        }
    }
}
