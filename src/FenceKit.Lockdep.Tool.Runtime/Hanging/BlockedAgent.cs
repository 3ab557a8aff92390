// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>A thread or a flow that waits for a lock: what it wants, and what it holds meanwhile. It holds that until it goes on.</summary>
internal sealed class BlockedAgent(string name, object wanted, HeldLock want, IReadOnlyList<BlockedAgent.Hold> held)
{
    private readonly long _since = Stopwatch.GetTimestamp();

    public string Name => name;

    /// <summary>The lock's map, or the lock itself where it has none.</summary>
    public object Wanted => wanted;

    public HeldLock Want => want;

    public IReadOnlyList<Hold> Held => held;

    public TimeSpan Waited => Stopwatch.GetElapsedTime(_since);

    /// <summary>The lock that somebody else waits for, if this one holds it.</summary>
    public HeldLock? Holding(object instance)
    {
        foreach (Hold hold in held)
        {
            if (ReferenceEquals(hold.Instance, instance))
            {
                return hold.Lock;
            }
        }

        return null;
    }

    internal readonly record struct Hold(object Instance, HeldLock Lock);
}
