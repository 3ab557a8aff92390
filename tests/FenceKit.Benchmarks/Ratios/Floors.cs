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
    private static readonly Word[] s_members = [.. Enumerable.Range(0, Members).Select(_ => new Word())];
    private static readonly Node s_node = new CountingNode();
    private static readonly Node[] s_nodes = [.. Enumerable.Range(0, Members).Select(_ => new CountingNode())];
    private static readonly BareSource s_source = new();
    private static long s_sink;

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
    internal static void Await(int count) => Await(count, members: 0, CancellationToken.None);

    /// <summary>The same, with a token.</summary>
    internal static void AwaitWithToken(int count) => Await(count, members: 0, AwaitRows.NeverCanceled);

    /// <summary>The same, into eight lists and out of seven.</summary>
    internal static void AwaitAny(int count) => Await(count, Members, CancellationToken.None);

    /// <summary>The same, through the thread pool.</summary>
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

    private static void Await(int count, int members, CancellationToken token)
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
                for (int member = 1; member < members; member++)
                {
                    Enter(s_members[member], s_nodes[member]); // the eighth is that of the awaiter
                }

                CancellationTokenRegistration registration = token.UnsafeRegister(static _ => { }, null);
                await new BareAwaiter(s_source, signalsAtOnce: false);
                registration.Unregister();
                for (int member = 1; member < members; member++)
                {
                    Leave(s_members[member], s_nodes[member]);
                }
            }

            isDone = true;
        }
    }

    /// <summary>A list of one, and a gate around it.</summary>
    private static void Enter(Word word, Node node)
    {
        Interlocked.CompareExchange(ref word.State, 1, 0);
        word.First = node;
        Volatile.Write(ref word.State, 2);
    }

    private static void Leave(Word word, Node node)
    {
        Interlocked.CompareExchange(ref word.State, 3, 2);
        if (ReferenceEquals(word.First, node))
        {
            word.First = null;
        }

        Volatile.Write(ref word.State, 0);
    }

    private sealed class Word
    {
        internal ulong State;
        internal Node? First;
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
