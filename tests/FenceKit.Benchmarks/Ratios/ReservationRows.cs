// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>
/// The fences of a resource: take its lock, make room, add the fence of the next work, ask whether what is there is done. Beside it,
/// what people write: a lock around a dictionary of tasks by producer.
/// </summary>
internal static class ReservationRows
{
    private const int Producers = 4;
    private static readonly WoundWaitLock s_lock = new(new WoundWaitClass("ratios"));
    private static readonly FenceReservation s_reservation = new(s_lock);
    private static readonly FenceTimeline[] s_timelines = [.. Enumerable.Range(0, Producers).Select(index => new FenceTimeline($"producer {index}"))];
    private static readonly Fence[] s_fences = [.. s_timelines.Select(timeline => timeline.Issue(1_000_000_000))];
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<int, Task> s_tasks = [];
    private static readonly Task[] s_pending = [.. Enumerable.Range(0, Producers).Select(_ => new TaskCompletionSource().Task)];
    private static long s_sink;

    internal static IEnumerable<RatioRow> All() =>
    [
        new("reservation.add", Add, AddTask, 0.5, "lock, reserve, add, test, unlock", "lock around a Dictionary of Task: add, test")
        {
            Floor = LockAndPut, FloorText = "lock, find the producer among four, unlock, look at four fences",
        },
    ];

    private static void Add(int count)
    {
        long done = 0;
        for (int i = 0; i < count; i++)
        {
            Fence fence = s_fences[i % Producers];
            s_lock.TryLock();
            s_reservation.Reserve(1);
            s_reservation.Add(fence, FenceUsage.Read);
            s_lock.Unlock();
            done += s_reservation.IsSignaled(FenceUsage.Read) ? 1 : 0;
        }

        s_sink = done;
    }

    private static void LockAndPut(int count)
    {
        long done = 0;
        Fence[] entries = [.. s_fences];
        for (int i = 0; i < count; i++)
        {
            Fence fence = s_fences[i % Producers];
            s_lock.TryLock();
            Put(entries, fence);
            s_lock.Unlock();
            done += IsComplete(entries) ? 1 : 0;
        }

        s_sink = done;
    }

    private static void Put(Fence[] entries, Fence fence)
    {
        foreach (ref Fence entry in entries.AsSpan())
        {
            if (ReferenceEquals(entry.Timeline, fence.Timeline))
            {
                if (fence.Target > entry.Target)
                {
                    entry = fence;
                }

                return;
            }
        }
    }

    private static bool IsComplete(Fence[] entries)
    {
        foreach (Fence fence in entries)
        {
            if (!fence.IsSignaled)
            {
                return false;
            }
        }

        return true;
    }

    private static void AddTask(int count)
    {
        long done = 0;
        for (int i = 0; i < count; i++)
        {
            int producer = i % Producers;
            lock (s_gate)
            {
                DropComplete();
                s_tasks[producer] = s_pending[producer];
            }

            lock (s_gate)
            {
                done += IsComplete() ? 1 : 0;
            }
        }

        s_sink = done;
    }

    private static void DropComplete()
    {
        foreach ((int producer, Task task) in s_tasks)
        {
            if (task.IsCompleted)
            {
                s_tasks.Remove(producer);
            }
        }
    }

    private static bool IsComplete()
    {
        foreach (Task task in s_tasks.Values)
        {
            if (!task.IsCompleted)
            {
                return false;
            }
        }

        return true;
    }
}
