// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Instrumentation;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    private static readonly LockClass s_startedWork = LockClasses.Of("(started work)");

    /// <summary>
    /// Describes the wanted lock and the held locks of this thread and its flow, for the thread that detects deadlocks while they wait.
    /// </summary>
    internal BlockedAgent DescribeBlocked(object target, LockCallSite site, bool isAnnounced)
    {
        object instance = target is LockObject tagged ? tagged.Map : target;
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        List<BlockedAgent.Hold> held = [];
        foreach (HeldEntry entry in stack.Entries)
        {
            HeldLock held1 = new SituationItem(MapOf(entry.Instance!, entry.Record.Class), entry.Record).Describe();
            held.Add(new BlockedAgent.Hold(entry.Instance!, held1));
        }

        if (stack.Fork is { } running)
        {
            held.Insert(0, new BlockedAgent.Hold(running, new HeldLock(s_startedWork, 0, MapOf(running, s_startedWork).InstanceName, LockAcquireMode.Shared, LockAttempt.Try, null, null)));
        }

        // The wanted lock was announced, so it is in the list as if it were held.
        if (isAnnounced && held.Count > 0 && ReferenceEquals(held[^1].Instance, instance))
        {
            held.RemoveAt(held.Count - 1);
        }

        LockMap map = MapOf(instance, instance is LockFork ? s_startedWork : site.ClassFor(instance));
        var want = new HeldLock(map.Class, 0, map.InstanceName, LockAcquireMode.Exclusive, LockAttempt.Blocking, site.Place, LockTrace.Capture());
        return new BlockedAgent(Acquisition.NameOf(Thread.CurrentThread), instance, want, held);
    }

    /// <summary>Reports agents that wait for each other now.</summary>
    internal void ReportHang(BlockedAgent[] circle, TimeSpan limit)
    {
        var edges = new LockViolationEdge[circle.Length];
        for (int i = 0; i < circle.Length; i++)
        {
            BlockedAgent agent = circle[i];
            BlockedAgent before = circle[(i + circle.Length - 1) % circle.Length];
            edges[i] = new LockViolationEdge(agent.Holding(before.Wanted)!, agent.Want, agent.Name, [.. agent.Held.Select(static hold => hold.Lock)]);
        }

        string seconds = limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        string who = string.Join(", ", circle.Select(static agent => $"{agent.Name} holds what another wants and waits for {agent.Want.ClassName} {agent.Want.Instance}"));
        var violation = new LockViolation(LockViolationKind.CircularDependency, LockConfidence.Certain, $"The program hangs: for {seconds} seconds {who}.")
        {
            Dependencies = edges,
            Lock = circle[0].Want,
            HeldLocks = [.. circle[0].Held.Select(static hold => hold.Lock)],
            Thread = circle[0].Name,
            Trace = circle[0].Want.Trace,
            Key = $"hang|{string.Join('|', edges.Select(static edge => edge.ToString()))}",
        };
        Deliver(LockHolder.Current(this), [violation]);
    }
}
