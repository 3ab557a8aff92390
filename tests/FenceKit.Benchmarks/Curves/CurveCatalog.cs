// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FenceKit.Benchmarks.Ratios;

namespace FenceKit.Benchmarks.Curves;

/// <summary>The charts of docs/performance.md.</summary>
internal static class CurveCatalog
{
    internal static Curve[] All() =>
    [
        new("threads-signal", "Next point and signal, each thread on its own", "threads", [1, 2, 3, 4],
        [
            new("FenceTimeline", true, threads => OnThreads(threads, Signals)),
            new("TaskCompletionSource", false, threads => OnThreads(threads, TaskCompletionSources)),
        ]),
        new("threads-read", "One read under the protection that all threads share", "threads", [1, 2, 3, 4],
        [
            new("ReaderGate, GateReader", true, threads => OnThreads(threads, GateReads)),
            new("SafeHandle", false, threads => OnThreads(threads, SafeHandleReads)),
        ]),
        new("threads-invalidate", "Schedule, wait and commit, each thread its own range of one notifier", "threads", [1, 2, 3, 4],
        [
            new("InvalidationNotifier, one for all", true, threads => new DisjointSessions(threads).Run),
            new("CancellationTokenSource each, register and Cancel", false, threads => OnThreads(threads, CancelSources)),
        ]),
        new("subscribers", "Schedule and commit", "subscribers", [1, 10, 100, 1_000, 10_000, 100_000],
        [
            new("InvalidationNotifier, at most 4 hit", true, count => Sessions(count, hit: Math.Min(count, 4))),
            new("InvalidationNotifier, all hit", true, count => Sessions(count, hit: count)) { Maximum = 10_000 },
            new("CancellationTokenSource, Cancel", false, Cancellations),
        ]),
        new("waiters", "One signal that so many asynchronous waiters hear, inline", "waiters", [1, 10, 100, 1_000],
        [
            new("Fence", true, AwaitRows.FenceCrowd),
            new("TaskCompletionSource", false, AwaitRows.SourceCrowd),
        ]),
        new("classes", "Two nested locks, validator on", "known lock classes", [10, 100, 1_000, 10_000],
        [
            new("TrackedLock", true, LockdepRows.Known),
            new("System.Threading.Lock", false, static _ => LockdepRows.NestedBare(2)),
        ])
        { ValidatorOn = true },
    ];

    /// <summary>Every thread does the work so many times; the time is that of all together, so a level line scales perfectly while there are cores.</summary>
    private static Action<int> OnThreads(int threads, Func<Action<int>> make)
    {
        Action<int>[] work = [.. Enumerable.Range(0, threads).Select(_ => make())];
        return count =>
        {
            Thread[] others = [.. work.Skip(1).Select(one => new Thread(() => one(count)))];
            Array.ForEach(others, static thread => thread.Start());
            work[0](count);
            Array.ForEach(others, static thread => thread.Join());
        };
    }

    private static Action<int> Signals()
    {
        FenceTimeline timeline = new("curves");
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                timeline.Signal(timeline.Issue());
            }
        };
    }

    private static Action<int> CancelSources() => static count =>
    {
        for (int i = 0; i < count; i++)
        {
            using CancellationTokenSource source = new();
            source.Token.UnsafeRegister(static _ => { }, null);
            source.Cancel();
        }
    };

    private static Action<int> TaskCompletionSources() => static count =>
    {
        for (int i = 0; i < count; i++)
        {
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously).TrySetResult();
        }
    };

    private static readonly ReaderGate s_gate = new(new InvalidationNotifier("curves"), AddressRange.All, "readers");

    private static Action<int> GateReads() => static count =>
    {
        GateReader reader = s_gate.GetReader();
        for (int i = 0; i < count; i++)
        {
            reader.Enter().Dispose();
        }
    };

    private static readonly Handle s_handle = new();

    private static Action<int> SafeHandleReads() => static count =>
    {
        for (int i = 0; i < count; i++)
        {
            bool added = false;
            s_handle.DangerousAddRef(ref added);
            s_handle.DangerousRelease();
        }
    };

    private static Action<int> Sessions(int count, int hit)
    {
        InvalidationNotifier notifier = new("curves");
        for (int index = 0; index < count; index++)
        {
            notifier.Subscribe(AddressRange.FromLength((ulong)index * 10, 10), new DoneAtOnce(), "done at once");
        }

        AddressRange range = AddressRange.FromLength((ulong)(count - hit) / 2 * 10, (ulong)hit * 10);
        return times =>
        {
            for (int i = 0; i < times; i++)
            {
                notifier.TrySchedule(range, InvalidationReason.Unmap, out InvalidationSession session);
                session.Commit();
            }
        };
    }

    private static Action<int> Cancellations(int registrations) => times =>
    {
        for (int i = 0; i < times; i++)
        {
            using CancellationTokenSource source = new();
            for (int index = 0; index < registrations; index++)
            {
                source.Token.UnsafeRegister(static _ => { }, null);
            }

            source.Cancel();
        }
    };

    private sealed class DoneAtOnce : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            return true;
        }
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made above.")]
    private sealed class Handle : SafeHandle
    {
        internal Handle()
            : base(1, ownsHandle: false)
        {
        }

        public override bool IsInvalid => false;

        protected override bool ReleaseHandle() => true;
    }
}
