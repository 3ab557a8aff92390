// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Waiting without a thread. The consumer is suspended before the signal comes: nothing is awaited that is done already.</summary>
internal static class AwaitRows
{
    private const int Crowd = 100;
    private const int Choices = 8;
    private static readonly FenceTimeline s_timeline = new("ratios");
    private static Fence s_fence;
    private static TaskCompletionSource s_source = new();
    private static bool s_done;

    internal static IEnumerable<RatioRow> All() =>
    [
        new("fence.await.attached", AwaitInline, AwaitSourceInline, 0.8, "await before signal, inline", "TaskCompletionSource, attached, inline")
        {
            Floor = Floors.Await, FloorText = "an awaiter that keeps the continuation, and three interlocked operations",
        },
        new("fence.await.pool", AwaitPool, AwaitSourcePool, 0.8, "await before signal, through the thread pool", "TaskCompletionSource RunContinuationsAsynchronously", Threads: 2)
        {
            Floor = Floors.AwaitPool, FloorText = "the same, queued to the thread pool",
        },
        new("fence.waitany8", AnyOfEight, WhenAnyOfEight, 0.40, "WaitAnyAsync of 8, the last signals", "Task.WhenAny of 8, the last completes")
        {
            Floor = Floors.AwaitAny, FloorText = "of FenceKit's own parts, an await of one, eight fences looked at and copied, seven nodes into lists and out of them, four claims, nodes found by thread",
        },
        new("fence.fanout100", FenceCrowd(Crowd), SourceCrowd(Crowd), 0.8, "one signal, 100 async waiters, inline", "one TaskCompletionSource, 100 awaits, inline"),
        new("fence.cancel", Cancelable, CancelableTask, 0.6, "wait with a token, then signal", "Task.WaitAsync(token), then TrySetResult")
        {
            Floor = Floors.AwaitWithToken, FloorText = "such an awaiter, and a registration with the token",
        },
    ];

    internal static CancellationToken NeverCanceled => Token.Value;

    internal static void AwaitInline(int count)
    {
        s_done = false;
        _ = Consume(count);
        while (!s_done)
        {
            s_timeline.Signal(s_fence);
        }

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                s_fence = s_timeline.Issue();
                await s_fence.ConfigureAwait(FenceContinuation.Inline);
            }

            s_done = true;
        }
    }

    private static void AwaitSourceInline(int count)
    {
        s_done = false;
        _ = Consume(count);
        while (!s_done)
        {
            s_source.TrySetResult();
        }

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                s_source = new TaskCompletionSource();
                await s_source.Task.ConfigureAwait(false);
            }

            s_done = true;
        }
    }

    internal static void AwaitPool(int count)
    {
        // Both ends hop: the consumer goes to the pool after each signal, and asks for the next signal from there.
        Consume(count).GetAwaiter().GetResult();

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                FenceAwaitable awaiter = Signaler.Next().ConfigureAwait(FenceContinuation.ThreadPool).GetAwaiter();
                await new Attach<FenceAwaitable>(awaiter, Signaler.SignalAction);
            }
        }
    }

    private static void AwaitSourcePool(int count)
    {
        Consume(count).GetAwaiter().GetResult();

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                s_source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await new Attach<System.Runtime.CompilerServices.ConfiguredTaskAwaitable.ConfiguredTaskAwaiter>(
                    s_source.Task.ConfigureAwait(false).GetAwaiter(), s_complete);
            }
        }
    }

    private static readonly Action s_complete = static () => s_source.TrySetResult();

    internal static Action<int> FenceCrowd(int waiters)
    {
        CrowdMember[] crowd = [.. Enumerable.Range(0, waiters).Select(_ => new CrowdMember(fences: true))];
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                s_fence = s_timeline.Issue();
                foreach (CrowdMember member in crowd)
                {
                    member.Step();
                }

                s_timeline.Signal(s_fence);
            }
        };
    }

    internal static Action<int> SourceCrowd(int waiters)
    {
        CrowdMember[] crowd = [.. Enumerable.Range(0, waiters).Select(_ => new CrowdMember(fences: false))];
        return count =>
        {
            for (int i = 0; i < count; i++)
            {
                s_source = new TaskCompletionSource();
                foreach (CrowdMember member in crowd)
                {
                    member.Step();
                }

                s_source.TrySetResult();
            }
        };
    }

    // Seven that stay pending and one that completes, on both sides; the seven of theirs are not made anew each time.
    private static void AnyOfEight(int count)
    {
        s_done = false;
        _ = Consume(count);
        while (!s_done)
        {
            s_timeline.Signal(s_fence);
        }

        static async Task Consume(int count)
        {
            Fence[] fences = [.. Enumerable.Range(0, Choices - 1).Select(_ => new FenceTimeline("never").Issue()), default];
            for (int i = 0; i < count; i++)
            {
                fences[^1] = s_fence = s_timeline.Issue();
                await Fence.WaitAnyAsync(fences).ConfigureAwait(FenceContinuation.Inline);
            }

            s_done = true;
        }
    }

    private static void WhenAnyOfEight(int count)
    {
        s_done = false;
        _ = Consume(count);
        while (!s_done)
        {
            s_source.TrySetResult();
        }

        static async Task Consume(int count)
        {
            Task[] tasks = [.. Enumerable.Range(0, Choices).Select(_ => new TaskCompletionSource().Task)];
            for (int i = 0; i < count; i++)
            {
                s_source = new TaskCompletionSource();
                tasks[^1] = s_source.Task;
                await Task.WhenAny(tasks).ConfigureAwait(false);
            }

            s_done = true;
        }
    }

    private static void Cancelable(int count)
    {
        CancellationToken token = Token.Value;
        s_done = false;
        _ = Consume(count, token);
        while (!s_done)
        {
            s_timeline.Signal(s_fence);
        }

        static async Task Consume(int count, CancellationToken token)
        {
            for (int i = 0; i < count; i++)
            {
                s_fence = s_timeline.Issue();
                await s_fence.WaitAsync(Timeout.InfiniteTimeSpan, token).ConfigureAwait(FenceContinuation.Inline);
            }

            s_done = true;
        }
    }

    private static void CancelableTask(int count)
    {
        CancellationToken token = Token.Value;
        s_done = false;
        _ = Consume(count, token);
        while (!s_done)
        {
            s_source.TrySetResult();
        }

        static async Task Consume(int count, CancellationToken token)
        {
            for (int i = 0; i < count; i++)
            {
                s_source = new TaskCompletionSource();
                await s_source.Task.WaitAsync(token).ConfigureAwait(false);
            }

            s_done = true;
        }
    }

    private static class Token
    {
        private static readonly CancellationTokenSource s_tokens = new();

        internal static CancellationToken Value => s_tokens.Token;
    }

    private static class Signaler
    {
        internal static readonly Action SignalAction = static () => s_timeline.Signal(s_fence);

        internal static Fence Next() => s_fence = s_timeline.Issue();
    }

    /// <summary>An awaiter whose signal comes right after the continuation was attached.</summary>
    internal readonly struct Attach<TAwaiter>(TAwaiter awaiter, Action signal) : System.Runtime.CompilerServices.ICriticalNotifyCompletion
        where TAwaiter : System.Runtime.CompilerServices.ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Attach<TAwaiter> GetAwaiter() => this;

        public void GetResult()
        {
            if (awaiter is FenceAwaitable fenceAwaiter)
            {
                fenceAwaiter.GetResult();
            }
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            Action raise = signal;
            awaiter.UnsafeOnCompleted(continuation);
            raise();
        }
    }

    /// <summary>A long-lived waiter that awaits whatever is current each time it is stepped: no state machine is made per wait.</summary>
    private sealed class CrowdMember(bool fences)
    {
        private readonly Action _continue = static () => { };
        private FenceAwaitable _awaiter;

        internal void Step()
        {
            if (fences)
            {
                FenceAwaitable awaiter = s_fence.ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
                _awaiter = awaiter; // as the compiler does: into the state machine, and on with the local
                awaiter.UnsafeOnCompleted(_finish ??= Finish);
            }
            else
            {
                s_source.Task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_continue);
            }
        }

        private Action? _finish;

        private void Finish() => _awaiter.GetResult();
    }
}
