// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>
/// What a row cannot do without, by hand and with nothing around it: no checks, no outcome, no second user, no answer to misuse. Measured in
/// the same turns as the row, so that a limit below the floor is seen to be one.
/// </summary>
internal static class Floors
{
    private const int Members = 8;
    private static readonly Word?[] s_words = [.. Enumerable.Range(0, FenceRows.Polled).Select(_ => new Word())];
    private static readonly Word s_word = new();
    private static readonly Node s_node = new CountingNode();
    private static readonly BareSource s_source = new();
    private static long s_sink;

    [ThreadStatic]
    private static Listed? t_free;

    /// <summary>As the poll, where the fence that was always complete has no word: a test for null.</summary>
    internal static void Poll(int count)
    {
        long reached = 0;
        Word?[] words = s_words;
        for (int i = 0; i < count; i += FenceRows.Polled)
        {
            foreach (Word? word in words)
            {
                if (word is null || Volatile.Read(ref word.State) >= 1)
                {
                    reached++;
                }
            }
        }

        s_sink = reached;
    }

    /// <summary>One interlocked operation to enter a list, one to signal; the reference that is put there; a call that may throw.</summary>
    internal static void Callback(int count)
    {
        Word word = s_word;
        Node node = s_node;
        for (int i = 0; i < count; i++)
        {
            Interlocked.CompareExchange(ref word.State, 1, 0);
            word.First = node;
            Volatile.Write(ref word.State, 2);
            Interlocked.CompareExchange(ref word.State, 3, 2);
            Node first = word.First;
            word.First = null;
            Volatile.Write(ref word.State, 0);
            first.RunSafely();
        }
    }

    /// <summary>The compiler's machinery around an awaiter that only keeps the continuation; issue, add and signal.</summary>
    internal static void Await(int count) => Await(count, CancellationToken.None);

    /// <summary>As <see cref="Await(int)"/>, with a token.</summary>
    internal static void AwaitWithToken(int count) => Await(count, AwaitRows.NeverCanceled);

    /// <summary>
    /// What the promises of a wait for any of eight come to, of FenceKit's own parts: a look at each (what is complete is not waited for), an
    /// await, its nodes in the lists of seven others and out again (nothing stays behind), the fences copied (the span may go away), four claims (an
    /// await is refused the second time, no member decides before all are watched, one of them is first, the result is taken once), and nodes that
    /// are found and given back by thread (nothing is allocated). No second user, no fault, no result.
    /// </summary>
    internal static void AwaitAny(int count)
    {
        bool isDone = false;
        Fence fence = default;
        _ = Consume();
        while (!isDone)
        {
            fence.Timeline!.Signal(fence);
        }

        async Task Consume()
        {
            FenceTimeline last = new("last");
            Fence[] fences = [.. Enumerable.Range(1, Members - 1).Select(static _ => new FenceTimeline("never").Issue()), default];
            t_free = new Listed();
            for (int i = 0; i < count; i++)
            {
                fences[^1] = fence = last.Issue();
                Listed listed = t_free!;
                t_free = null;
                listed.Add(fences);
                await fence.ConfigureAwait(FenceContinuation.Inline);
                listed.Remove();
                t_free = listed;
            }

            isDone = true;
        }
    }

    /// <summary>As <see cref="Await(int)"/>, through the thread pool.</summary>
    internal static void AwaitPool(int count)
    {
        Consume(count).GetAwaiter().GetResult();

        static async Task Consume(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Interlocked.Increment(ref s_word.State);
                await new BareAwaiter(s_source, signalsAtOnce: true);
            }
        }
    }

    private static void Await(int count, CancellationToken token)
    {
        bool isDone = false;
        _ = Consume();
        while (!isDone)
        {
            Interlocked.CompareExchange(ref s_word.State, 1, 2);
            s_source.Run();
        }

        async Task Consume()
        {
            for (int i = 0; i < count; i++)
            {
                Interlocked.Increment(ref s_word.State);
                CancellationTokenRegistration registration = token.UnsafeRegister(static _ => { }, null);
                await new BareAwaiter(s_source, signalsAtOnce: false);
                registration.Unregister();
            }

            isDone = true;
        }
    }

    private sealed class Word
    {
        internal ulong State;
        internal Node? First;
    }

    /// <summary>As the node of a pooled wait.</summary>
    private sealed class ListedNode() : FenceCallback(isInternal: true)
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault)
        {
        }
    }

    /// <summary>Nodes in lists, all but one, for which somebody awaits.</summary>
    private sealed class Listed
    {
        private readonly FenceCallback[] _nodes = [.. Enumerable.Range(0, Members).Select(static _ => new ListedNode())];
        private int _decider;
        private long _stage;

        [MethodImpl(MethodImplOptions.NoInlining)]
        internal void Add(ReadOnlySpan<Fence> fences)
        {
            foreach (Fence fence in fences)
            {
                if (fence.IsSignaled)
                {
                    throw new InvalidOperationException("There is nothing to wait for.");
                }
            }

            Interlocked.CompareExchange(ref _stage, 0, 0);
            Span<FenceCallback> nodes = _nodes.AsSpan(0, fences.Length);
            for (int i = 0; i < nodes.Length; i++)
            {
                nodes[i].Target = fences[i].Target;
                nodes[i].Timeline = fences[i].Timeline;
            }

            foreach (FenceCallback node in nodes[..^1])
            {
                if (node.Timeline!.Add(node, node.Target) == FenceTimeline.NotAdded)
                {
                    throw new InvalidOperationException("Somebody else is there.");
                }
            }

            Interlocked.CompareExchange(ref _decider, 0, 0);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        internal void Remove()
        {
            Interlocked.CompareExchange(ref _decider, 0, 0);
            Interlocked.CompareExchange(ref _stage, 0, 0);
            foreach (FenceCallback node in _nodes.AsSpan())
            {
                node.Timeline!.TryRemove(node, node.State.Round); // but for the last, which has not been added
                node.Timeline = null;
            }
        }
    }

    private abstract class Node
    {
        protected abstract void Run();

        internal void RunSafely()
        {
            try
            {
                Run();
            }
            catch (InvalidOperationException)
            {
                s_sink++;
            }
        }
    }

    private sealed class CountingNode : Node
    {
        private long _count;

        protected override void Run() => _count++;
    }

    private sealed class BareSource : IThreadPoolWorkItem
    {
        internal Action? Continuation;

        void IThreadPoolWorkItem.Execute() => Run();

        internal void Run()
        {
            Action continuation = Continuation!;
            Continuation = null;
            continuation();
        }
    }

    private readonly struct BareAwaiter(BareSource source, bool signalsAtOnce) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public BareAwaiter GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            source.Continuation = continuation;
            Interlocked.CompareExchange(ref s_word.State, 2, 1);
            if (signalsAtOnce)
            {
                Interlocked.CompareExchange(ref s_word.State, 1, 2);
                ThreadPool.UnsafeQueueUserWorkItem(source, preferLocal: true);
            }
        }
    }
}
