// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Fences out of one pool, by one thread and by two at once.</summary>
internal static class PoolRows
{
    private const int Capacity = 1024;
    private static readonly FencePool s_fences = new("ratios", Capacity);
    private static readonly ObjectPool<object> s_objects = new DefaultObjectPool<object>(new DefaultPooledObjectPolicy<object>(), Capacity);

    internal static IEnumerable<RatioRow> All() =>
    [
        new("pool.rent", RentAndSignal, GetAndReturn, 2.0, "FencePool: rent + signal", "ObjectPool: Get + Return"),
        new("pool.rent2", count => Twice(RentAndSignal, count), count => Twice(GetAndReturn, count), 1.5, "FencePool: rent + signal, by two threads", "ObjectPool: Get + Return, by two threads", Threads: 2),
    ];

    private static void RentAndSignal(int count)
    {
        for (int i = 0; i < count; i++)
        {
            s_fences.TryRent(out FenceSource source);
            source.TrySignal();
        }
    }

    private static void GetAndReturn(int count)
    {
        for (int i = 0; i < count; i++)
        {
            object got = s_objects.Get();
            s_objects.Return(got);
        }
    }

    /// <summary>So often by this thread, and as often beside it.</summary>
    private static void Twice(Action<int> work, int count)
    {
        Thread other = new(() => work(count));
        other.Start();
        work(count);
        other.Join();
    }
}
