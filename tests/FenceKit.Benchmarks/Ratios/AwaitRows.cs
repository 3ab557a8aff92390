// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Waiting without a thread. The consumer is suspended before the signal comes: nothing is awaited that is done already.</summary>
internal static class AwaitRows
{
    private const int Crowd = 100;
    private static readonly FenceTimeline s_timeline = new("ratios");
    private static Fence s_fence;
    private static TaskCompletionSource s_source = new();
    private static bool s_done;

    internal static IEnumerable<RatioRow> All() =>
    [
        new("fence.await.attached", AwaitInline, AwaitSourceInline, 0.8, "await before signal, inline", "TaskCompletionSource, attached, inline"),
        new("fence.await.pool", AwaitPool, AwaitSourcePool, 0.8, "await before signal, through the thread pool", "TaskCompletionSource RunContinuationsAsynchronously", Threads: 2),
        new("fence.fanout100", Fanout, FanoutSource, 0.8, "one signal, 100 async waiters, inline", "one TaskCompletionSource, 100 awaits, inline"),
        new("fence.cancel", Cancelable, CancelableTask, 0.5, "wait with a token, then signal", "Task.WaitAsync(token), then TrySetResult"),
    ];

    private static void AwaitInline(int count)
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

    private static void AwaitPool(int count)
    {
        // Both ends hop: the consumer goes to the pool after each signal, and asks for the next signal from there.
        Consume(count).GetAwaiter().GetResult();

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                FenceAwaiter awaiter = Signaler.Next().ConfigureAwait(FenceContinuation.ThreadPool).GetAwaiter();
                await new Attach<FenceAwaiter>(awaiter, Signaler.SignalAction);
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

    private static void Fanout(int count)
    {
        for (int i = 0; i < count; i++)
        {
            s_fence = s_timeline.Issue();
            for (int waiter = 0; waiter < Crowd; waiter++)
            {
                CrowdMember.Fences[waiter].Step();
            }

            s_timeline.Signal(s_fence);
        }
    }

    private static void FanoutSource(int count)
    {
        for (int i = 0; i < count; i++)
        {
            s_source = new TaskCompletionSource();
            for (int waiter = 0; waiter < Crowd; waiter++)
            {
                CrowdMember.Sources[waiter].Step();
            }

            s_source.TrySetResult();
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
    private readonly struct Attach<TAwaiter>(TAwaiter awaiter, Action signal) : System.Runtime.CompilerServices.ICriticalNotifyCompletion
        where TAwaiter : System.Runtime.CompilerServices.ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Attach<TAwaiter> GetAwaiter() => this;

        public void GetResult()
        {
            if (awaiter is FenceAwaiter fenceAwaiter)
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
        internal static readonly CrowdMember[] Fences = [.. Enumerable.Range(0, Crowd).Select(_ => new CrowdMember(fences: true))];
        internal static readonly CrowdMember[] Sources = [.. Enumerable.Range(0, Crowd).Select(_ => new CrowdMember(fences: false))];

        private readonly Action _continue = static () => { };
        private FenceAwaiter _awaiter;

        internal void Step()
        {
            if (fences)
            {
                _awaiter = s_fence.ConfigureAwait(FenceContinuation.Inline).GetAwaiter();
                FenceAwaiter awaiter = _awaiter;
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
