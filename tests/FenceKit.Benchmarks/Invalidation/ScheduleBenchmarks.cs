// SPDX-License-Identifier: MIT
using BenchmarkDotNet.Attributes;

namespace FenceKit.Benchmarks.Invalidation;

/// <summary>
/// Phase A and its end for k of n subscribers, beside the naive way: a list under a lock, of which all are asked. Grows with log n + k;
/// the list grows with n.
/// </summary>
[ShortRunJob]
[MemoryDiagnoser]
public class ScheduleBenchmarks
{
    private const ulong Width = 10;

    private InvalidationNotifier _notifier = new("benchmark");
    private (AddressRange Range, DoneAtOnce Subscriber)[] _list = [];
    private AddressRange _hit;

    /// <summary>n.</summary>
    [Params(10, 100, 1_000, 10_000, 100_000)]
    public int Subscribers { get; set; }

    /// <summary>k.</summary>
    [Params(1, 10)]
    public int Hits { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _notifier = new InvalidationNotifier("benchmark");
        DoneAtOnce subscriber = new();
        _list = [.. Enumerable.Range(0, Subscribers).Select(index => (AddressRange.FromLength((ulong)index * Width, Width), subscriber))];
        foreach ((AddressRange range, DoneAtOnce one) in _list)
        {
            _notifier.Subscribe(range, one, "done at once");
        }

        ulong first = (ulong)((Subscribers - Hits) / 2);
        _hit = AddressRange.FromLength(first * Width, (ulong)Hits * Width);
    }

    [Benchmark(Baseline = true)]
    public int ListUnderALock()
    {
        int called = 0;
        lock (_list)
        {
            foreach ((AddressRange range, DoneAtOnce subscriber) in _list)
            {
                if (range.Overlaps(_hit))
                {
                    subscriber.LetGo();
                    called++;
                }
            }
        }

        return called;
    }

    [Benchmark]
    public void ScheduleAndCommit()
    {
        _notifier.TrySchedule(_hit, InvalidationReason.Unmap, out InvalidationSession session);
        session.Commit();
    }
}

/// <summary>A subscriber that has nothing to stop.</summary>
internal sealed class DoneAtOnce : IInvalidationSubscriber
{
    private long _calls;

    internal void LetGo() => _calls++;

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        _calls++;
        fence = default;
        return true;
    }
}
