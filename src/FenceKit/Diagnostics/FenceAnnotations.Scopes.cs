// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// Which scopes each thread is in. Others look at it when somebody asks who holds a fence up.
internal static partial class FenceAnnotations
{
    private static readonly List<ThreadScopes> s_threads = []; // under its own lock

    private readonly record struct OpenScope(int Cookie, LockMap Map, bool IsHeld, string? File, int Line);

    /// <summary>The threads that are on the way to the signal of a fence, and where they began.</summary>
    internal static void CopySignalers(object map, List<FenceSignaler> signalers)
    {
        ThreadScopes[] threads;
        Enter(s_threads);
        try
        {
            threads = [.. s_threads];
        }
        finally
        {
            System.Threading.Monitor.Exit(s_threads);
        }

        foreach (ThreadScopes scopes in threads)
        {
            if (scopes.Thread.IsAlive && scopes.TryFind((LockMap)map, out OpenScope open))
            {
                string? place = open.File is null ? null : $"{Path.GetFileName(open.File)}:{open.Line}";
                signalers.Add(new FenceSignaler(scopes.Thread, place, DescribeHeldLocks(scopes.Thread)));
            }
        }
    }

    // The monitor of the runtime, also where interleavings are explored: what stands here outlives an exploration, and is no part of it.
    private static void Enter(object monitor) => InterruptShield.Run(monitor, static entered => System.Threading.Monitor.Enter(entered));

    /// <summary>What a thread holds and is about to take, outermost first, for people.</summary>
    internal static string[] DescribeHeldLocks(Thread thread) =>
        [.. Current.Validator.GetHeldLocks(thread).Select(static held => held.Site is null ? held.ToString() : $"{held} at {held.Site}")];

    /// <summary>The scopes of one thread. Few and shallow: a list that grows once is enough.</summary>
    private sealed class ThreadScopes
    {
        private readonly List<OpenScope> _open = new(8); // changed by its thread, under its own lock, which others take only to look

        internal static ThreadScopes OfThisThread => t_scopes ?? Register();

        internal Thread Thread { get; } = Thread.CurrentThread;

        internal void Add(OpenScope scope)
        {
            Enter(_open);
            try
            {
                _open.Add(scope);
            }
            finally
            {
                System.Threading.Monitor.Exit(_open);
            }
        }

        internal bool TryEnd(int cookie, out bool isHeld, out bool isInnermost)
        {
            Enter(_open);
            try
            {
                int index = _open.Count - 1;
                while (index >= 0 && _open[index].Cookie != cookie)
                {
                    index--;
                }

                isHeld = index >= 0 && _open[index].IsHeld;
                isInnermost = index == _open.Count - 1;
                if (index >= 0)
                {
                    _open.RemoveAt(index);
                }

                return index >= 0;
            }
            finally
            {
                System.Threading.Monitor.Exit(_open);
            }
        }

        internal bool TryFind(LockMap map, out OpenScope open)
        {
            Enter(_open);
            try
            {
                int index = _open.FindIndex(scope => ReferenceEquals(scope.Map, map));
                open = index < 0 ? default : _open[index];
                return index >= 0;
            }
            finally
            {
                System.Threading.Monitor.Exit(_open);
            }
        }

        private static ThreadScopes Register()
        {
            ThreadScopes scopes = t_scopes = new ThreadScopes();
            Enter(s_threads);
            try
            {
                s_threads.RemoveAll(static other => !other.Thread.IsAlive);
                s_threads.Add(scopes);
            }
            finally
            {
                System.Threading.Monitor.Exit(s_threads);
            }

            return scopes;
        }
    }
}
