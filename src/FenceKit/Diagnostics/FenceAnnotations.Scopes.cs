// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// The open contract scopes of each thread. Other threads read them to report which threads are about to signal a fence.
internal static partial class FenceAnnotations
{
    private static readonly List<ThreadScopes> s_threads = []; // guarded by its own monitor

    private readonly record struct OpenScope(int Cookie, LockMap Map, bool IsHeld, string? File, int Line);

    /// <summary>Collects the threads that are in a signaling section of a fence, and the places where they entered it.</summary>
    internal static void CopySignalers(object map, List<FenceSignaler> signalers)
    {
        ThreadScopes[] threads;
        using (Enter(s_threads))
        {
            threads = [.. s_threads];
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

    // The runtime's Monitor by its full name, because the explorations replace Monitor by an instrumented one. This state outlives an
    // exploration.
    private static MonitorScope Enter(object monitor)
    {
        InterruptShield.Run(monitor, static entered => System.Threading.Monitor.Enter(entered));
        return new MonitorScope(monitor);
    }

    private readonly ref struct MonitorScope(object monitor)
    {
        public void Dispose() => System.Threading.Monitor.Exit(monitor);
    }

    /// <summary>Describes the locks that a thread holds or is about to take, outermost first, for reports.</summary>
    internal static string[] DescribeHeldLocks(Thread thread) =>
        [.. Current.Validator.GetHeldLocks(thread).Select(static held => held.Site is null ? held.ToString() : $"{held} at {held.Site}")];

    /// <summary>The open scopes of one thread. There are only a few at a time.</summary>
    private sealed class ThreadScopes
    {
        private readonly List<OpenScope> _open = new(8); // guarded by its own monitor; changed only by its thread

        internal static ThreadScopes OfThisThread => t_scopes ?? Register();

        internal Thread Thread { get; } = Thread.CurrentThread;

        internal void Add(OpenScope scope)
        {
            using (Enter(_open))
            {
                _open.Add(scope);
            }
        }

        internal bool TryEnd(int cookie, out bool isHeld, out bool isInnermost)
        {
            using (Enter(_open))
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
        }

        internal bool TryFind(LockMap map, out OpenScope open)
        {
            using (Enter(_open))
            {
                int index = _open.FindIndex(scope => ReferenceEquals(scope.Map, map));
                open = index < 0 ? default : _open[index];
                return index >= 0;
            }
        }

        private static ThreadScopes Register()
        {
            ThreadScopes scopes = t_scopes = new ThreadScopes();
            using (Enter(s_threads))
            {
                s_threads.RemoveAll(static other => !other.Thread.IsAlive);
                s_threads.Add(scopes);
            }

            return scopes;
        }
    }
}
