// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Poll, signal, callback, and two threads that wake each other.</summary>
internal static class FenceRows
{
    private static readonly FenceTimeline s_timeline = new("ratios");
    internal const int Polled = 16; // also of the floor
    private static readonly Fence[] s_pending = [.. Enumerable.Range(0, Polled).Select(_ => new FenceTimeline("never").Issue())];
    private static readonly (Counter Counter, ulong Target)[] s_words = [.. Enumerable.Range(0, Polled).Select(_ => (new Counter(0), 1UL))];
    private static readonly CountingCallback s_callback = new();
    private static readonly ManualResetEventSlim s_event = new();
    private static ulong s_word;
    private static long s_sink;

    internal static IEnumerable<RatioRow> All() =>
    [
        new("fence.poll", Poll, VolatileRead, 1.2, "IsSignaled of a pending fence, 16 in turn", "Volatile.Read + compare, 16 words in turn")
        {
            Floor = Floors.Poll, FloorText = "a test for null more",
        },
        new("fence.signal", Signal, TwoInterlocked, 1.3, "next point + signal, no waiter", "two uncontended interlocked operations"),
        new("fence.signal.vs-tcs", Signal, NewTaskCompletionSource, 0.2, "next point + signal, no waiter", "new TaskCompletionSource + TrySetResult")
        {
            Floor = TwoInterlocked, FloorText = "two interlocked operations",
        },
        new("fence.callback", Callback, SetReset, 1.5, "add + signal + run one callback", "ManualResetEventSlim Set + Reset")
        {
            Floor = Floors.Callback, FloorText = "two interlocked operations, a reference stored, a virtual call under try",
        },
        new("fence.pingpong", PingPong.Fences, PingPong.Events, 1.0, "two threads, each waits for the other's fence", "a pair of ManualResetEventSlim", Threads: 2),
    ];

    // A poll is asked for in a condition, so both sides branch on the answer. A set of fences in turn, as one polls them: of a single one
    // the compiler would keep everything in registers, and three tenths of a nanosecond are not a cost that a loop can resolve.
    private static void Poll(int count)
    {
        long signaled = 0;
        Fence[] fences = s_pending;
        for (int i = 0; i < count; i += Polled)
        {
            foreach (Fence fence in fences)
            {
                if (fence.IsSignaled)
                {
                    signaled++;
                }
            }
        }

        s_sink = signaled;
    }

    private static void VolatileRead(int count)
    {
        long reached = 0;
        (Counter Counter, ulong Target)[] words = s_words;
        for (int i = 0; i < count; i += Polled)
        {
            foreach ((Counter counter, ulong target) in words)
            {
                if (Volatile.Read(ref counter.Word) >= target)
                {
                    reached++;
                }
            }
        }

        s_sink = reached;
    }

    private static void Signal(int count)
    {
        FenceTimeline timeline = s_timeline;
        for (int i = 0; i < count; i++)
        {
            timeline.Signal(timeline.Issue());
        }
    }

    private static void TwoInterlocked(int count)
    {
        for (int i = 0; i < count; i++)
        {
            ulong next = Interlocked.Increment(ref s_word);
            Interlocked.CompareExchange(ref s_word, next, next);
        }

        s_word = 0;
    }

    private static void NewTaskCompletionSource(int count)
    {
        for (int i = 0; i < count; i++)
        {
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously).TrySetResult();
        }
    }

    private static void Callback(int count)
    {
        FenceTimeline timeline = s_timeline;
        CountingCallback callback = s_callback;
        ulong last = timeline.Issue((ulong)count).Point; // the points are not what is measured here: fence.signal has them
        for (ulong point = last - (ulong)count + 1; point <= last; point++)
        {
            Fence fence = timeline.GetFence(point);
            fence.TryAddCallback(callback);
            timeline.Signal(fence);
        }
    }

    private static void SetReset(int count)
    {
        ManualResetEventSlim gate = s_event;
        for (int i = 0; i < count; i++)
        {
            gate.Set();
            gate.Reset();
        }
    }

    private sealed class Counter(ulong word)
    {
        internal ulong Word = word;
    }

    private sealed class CountingCallback : FenceCallback
    {
        private long _count;

        protected override void OnSignaled(FenceStatus status, Exception? fault) => _count++;
    }
}
