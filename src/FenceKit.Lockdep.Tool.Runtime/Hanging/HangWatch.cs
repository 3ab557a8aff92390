// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Records which agent waits for which lock, and detects agents that wait for each other: a real deadlock. Only acquisitions that have to
/// wait are recorded.
/// </summary>
[StackTraceHidden]
internal static class HangWatch
{
    private static readonly ConcurrentDictionary<BlockedAgent, byte> s_blocked = new(ReferenceEqualityComparer.Instance);

    /// <summary>Enters a monitor.</summary>
    /// <returns>True.</returns>
    public static bool TryEnter(object target, LockCallSite site)
    {
        if (!Monitor.TryEnter(target))
        {
            BlockedAgent agent = Begin(target, site, isAnnounced: true);
            try
            {
                Monitor.Enter(target);
            }
            finally
            {
                End(agent);
            }
        }

        return true;
    }

    /// <inheritdoc cref="TryEnter(object, LockCallSite)"/>
    public static bool TryEnter(Lock target, LockCallSite site)
    {
        if (!target.TryEnter())
        {
            BlockedAgent agent = Begin(target, site, isAnnounced: true);
            try
            {
                target.Enter();
            }
            finally
            {
                End(agent);
            }
        }

        return true;
    }

    /// <summary>Enters a spin lock.</summary>
    public static void Enter(ref SpinLock target, LockMap map, ref bool lockTaken, LockCallSite site)
    {
        if (Session.WatchesHangs)
        {
            target.TryEnter(ref lockTaken);
        }

        if (lockTaken)
        {
            return;
        }

        using Waiting waiting = Wait(map, site, isAnnounced: true);
        target.Enter(ref lockTaken);
    }

    /// <summary>Records that this thread waits for an object until the scope ends; null for an unknown object.</summary>
    /// <param name="instance">The object of the wait: a lock, its map, or started work.</param>
    /// <param name="site">The site of the wait.</param>
    /// <param name="isAnnounced">Whether the object is already in the held list of the thread.</param>
    public static Waiting Wait(object? instance, LockCallSite site, bool isAnnounced = false)
        => new(Session.WatchesHangs && instance is not null ? Begin(instance, site, isAnnounced) : null);

    /// <summary>Runs a wait that takes a timeout in milliseconds.</summary>
    public static bool Run<TTarget>(TTarget target, int milliseconds, LockCallSite site, Func<TTarget, int, bool> wait)
        where TTarget : class
        => Run(target, target, milliseconds, site, wait);

    /// <inheritdoc cref="Run{TTarget}(TTarget, int, LockCallSite, Func{TTarget, int, bool})"/>
    public static bool Run<TTarget>(TTarget target, object instance, int milliseconds, LockCallSite site, Func<TTarget, int, bool> wait, bool isAnnounced = true)
    {
        if (!Session.WatchesHangs || milliseconds != Timeout.Infinite)
        {
            return wait(target, milliseconds);
        }

        if (wait(target, 0))
        {
            return true;
        }

        BlockedAgent agent = Begin(instance, site, isAnnounced);
        try
        {
            return wait(target, Timeout.Infinite);
        }
        finally
        {
            End(agent);
        }
    }

    /// <summary>Records that a flow, not a thread, waits for a lock.</summary>
    public static void Follow(Task wait, LockMap map, LockCallSite site)
    {
        BlockedAgent agent = Begin(map, site, isAnnounced: false);
        wait.GetAwaiter().UnsafeOnCompleted(() => End(agent));
    }

    /// <summary>
    /// Checks periodically, on its own thread, for agents that have waited for each other for the time limit; then ends the program.
    /// </summary>
    public static void Start(TimeSpan limit, ReportWriter? writer)
    {
        TimeSpan pause = TimeSpan.FromTicks(Math.Clamp(limit.Ticks / 4, TimeSpan.TicksPerMillisecond * 100, TimeSpan.TicksPerSecond));
        var thread = new Thread(() =>
        {
            LockValidator.IgnoreThisThread();
            using var timer = new ManualResetEventSlim();
            while (true)
            {
                _ = timer.Wait(pause);
                if (FindCircle(limit) is { } circle)
                {
                    EndProgram(circle, limit, writer);
                }
            }
        })
        { IsBackground = true, Name = "fencekit-lockdep hangs" };
        thread.Start();
    }

    /// <summary>
    /// Finds agents each of which waits for a lock that the next one holds, and the last for one of the first, all for at least the time
    /// limit.
    /// </summary>
    internal static BlockedAgent[]? FindCircle(TimeSpan limit)
    {
        BlockedAgent[] agents = [.. s_blocked.Keys.Where(agent => agent.Waited >= limit)];
        foreach (BlockedAgent first in agents)
        {
            List<BlockedAgent> way = [first];
            while (Array.Find(agents, agent => agent.Holding(way[^1].Wanted) is not null) is { } next)
            {
                int seen = way.IndexOf(next);
                if (seen >= 0)
                {
                    return [.. way[seen..]];
                }

                way.Add(next);
            }
        }

        return null;
    }

    private static BlockedAgent Begin(object target, LockCallSite site, bool isAnnounced)
    {
        using var ignored = LockValidator.Ignore();
        BlockedAgent agent = Session.Validator.DescribeBlocked(target, site, isAnnounced);
        s_blocked[agent] = 0;
        return agent;
    }

    private static void End(BlockedAgent agent)
    {
        using var ignored = LockValidator.Ignore();
        s_blocked.TryRemove(agent, out _);
    }

    private static void EndProgram(BlockedAgent[] circle, TimeSpan limit, ReportWriter? writer)
    {
        Session.Validator.ReportHang(circle, limit);
        writer?.WriteHang(circle.Length);
        using Process self = Process.GetCurrentProcess();
        self.Kill(); // the threads cannot be asked to stop: they wait
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>The scope of a wait of a thread.</summary>
    public readonly ref struct Waiting(BlockedAgent? agent)
    {
        public void Dispose()
        {
            if (agent is not null)
            {
                End(agent);
            }
        }
    }
}
