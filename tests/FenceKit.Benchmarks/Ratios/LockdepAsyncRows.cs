// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>Tracked locks that are awaited beside the bare semaphore, and what an await costs a flow that holds nothing.</summary>
internal static class LockdepAsyncRows
{
    internal static IEnumerable<RatioRow> All() =>
    [
        new("lockdep.async.off", Tracked(1), Bare(1), 1.1, "TrackedAsyncLock await + dispose, validator off", "SemaphoreSlim await WaitAsync + Release"),
        new("lockdep.async.on", Tracked(1), Bare(1), 2.0, "TrackedAsyncLock await + dispose, on, steady", "SemaphoreSlim await WaitAsync + Release")
        {
            Floor = Carried(1),
            FloorText = "the same semaphore, one AsyncLocal that tells of changes written, and the old context put back",
            ValidatorOn = true,
        },
        new("lockdep.async.on.flow", Tracked(1, withFlow: true), Bare(1), 2.0, "TrackedAsyncLock with a LockFlow, on, steady", "SemaphoreSlim await WaitAsync + Release")
        {
            ValidatorOn = true,
        },
        new("lockdep.async.nested4", Tracked(4), Bare(4), 3.0, "4 nested TrackedAsyncLocks, on, steady", "4 nested SemaphoreSlims")
        {
            Floor = Carried(4),
            FloorText = "the same semaphores, an AsyncLocal written for each, and the old contexts put back",
            ValidatorOn = true,
        },
        new("lockdep.await.nothing-held", Yields(afterLock: true), Yields(afterLock: false), 1.1, "await of a flow that has held a tracked lock before", "the same await of a flow that has not")
        {
            ValidatorOn = true,
        },
    ];

    private static Action<int> Tracked(int depth, bool withFlow = false)
    {
        TrackedAsyncLock[] locks = [.. Enumerable.Range(0, depth).Select(static index => new TrackedAsyncLock(LockClass.Create($"async {index}")))];
        LockFlow flow = new();
        return depth == 1
            ? count => TakeAsync(locks[0], withFlow ? flow : null, count).GetAwaiter().GetResult()
            : count => TakeAsync(locks, count).GetAwaiter().GetResult();
    }

    private static Action<int> Bare(int depth)
    {
        SemaphoreSlim[] locks = [.. Enumerable.Range(0, depth).Select(static _ => new SemaphoreSlim(1, 1))];
        return count => TakeAsync(locks, count).GetAwaiter().GetResult();
    }

    /// <summary>By hand what a hold that travels with the flow cannot do without.</summary>
    private static Action<int> Carried(int depth)
    {
        SemaphoreSlim[] locks = [.. Enumerable.Range(0, depth).Select(static _ => new SemaphoreSlim(1, 1))];
        AsyncLocal<object?> flow = new(static _ => { });
        return count => CarryAsync(locks, flow, count).GetAwaiter().GetResult();
    }

    private static async Task CarryAsync(SemaphoreSlim[] locks, AsyncLocal<object?> flow, int count)
    {
        ExecutionContext[] before = new ExecutionContext[locks.Length];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < locks.Length; j++)
            {
                await locks[j].WaitAsync();
                before[j] = ExecutionContext.Capture()!;
                flow.Value = new object();
            }

            for (int j = locks.Length - 1; j >= 0; j--)
            {
                locks[j].Release();
                ExecutionContext.Restore(before[j]);
            }
        }
    }

    private static async Task TakeAsync(TrackedAsyncLock one, LockFlow? flow, int count)
    {
        for (int i = 0; i < count; i++)
        {
            using (flow is null ? await one.LockAsync() : await one.LockAsync(flow))
            {
            }
        }
    }

    private static async Task TakeAsync(TrackedAsyncLock[] locks, int count)
    {
        LockHold[] holds = new LockHold[locks.Length];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < locks.Length; j++)
            {
                holds[j] = await locks[j].LockAsync();
            }

            for (int j = locks.Length - 1; j >= 0; j--)
            {
                holds[j].Dispose();
            }
        }
    }

    private static async Task TakeAsync(SemaphoreSlim[] locks, int count)
    {
        for (int i = 0; i < count; i++)
        {
            foreach (SemaphoreSlim one in locks)
            {
                await one.WaitAsync();
            }

            for (int j = locks.Length - 1; j >= 0; j--)
            {
                locks[j].Release();
            }
        }
    }

    private static Action<int> Yields(bool afterLock)
    {
        TrackedAsyncLock before = new(LockClass.Create("before"));
        return count => YieldAsync(afterLock ? before : null, count).GetAwaiter().GetResult();
    }

    private static async Task YieldAsync(TrackedAsyncLock? before, int count)
    {
        if (before is not null)
        {
            (await before.LockAsync()).Dispose();
        }

        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
        }
    }
}
