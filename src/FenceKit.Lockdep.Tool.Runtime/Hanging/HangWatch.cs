// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Knows who waits for which lock, and looks whether some wait for each other: a real hang. Only what has to wait is written down.</summary>
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

    /// <summary>Enters a lock that spins.</summary>
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

    /// <summary>This thread waits for something until the scope ends; for what is null, for nothing that is known.</summary>
    /// <param name="instance">What it waits for: a lock, its map, or started work.</param>
    /// <param name="site">Where.</param>
    /// <param name="isAnnounced">Whether it stands among what the thread holds already.</param>
    public static Waiting Wait(object? instance, LockCallSite site, bool isAnnounced = false)
        => new(Session.WatchesHangs && instance is not null ? Begin(instance, site, isAnnounced) : null);

    /// <summary>Waits in a way that takes a limit in milliseconds.</summary>
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

    /// <summary>A flow waits for a lock; no thread does.</summary>
    public static void Follow(Task wait, LockMap map, LockCallSite site)
    {
        BlockedAgent agent = Begin(map, site, isAnnounced: false);
        wait.GetAwaiter().UnsafeOnCompleted(() => End(agent));
    }

    /// <summary>Looks from time to time, on a thread of its own, until some have waited for each other for the limit. The program is ended then.</summary>
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

    /// <summary>Agents each of which waits for a lock that the next one holds, and the last for one of the first; all for at least the limit.</summary>
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
        self.Kill(); // nobody can be asked to leave: they wait
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>While a thread waits.</summary>
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
