// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// A thread or a flow that waits for a lock, with the wanted lock and its held locks, which do not change during the wait.
/// </summary>
internal sealed class BlockedAgent(string name, object wanted, HeldLock want, IReadOnlyList<BlockedAgent.Hold> held)
{
    private readonly long _since = Stopwatch.GetTimestamp();

    public string Name => name;

    /// <summary>The map of the wanted lock, or the lock itself if it has no map.</summary>
    public object Wanted => wanted;

    public HeldLock Want => want;

    public IReadOnlyList<Hold> Held => held;

    public TimeSpan Waited => Stopwatch.GetElapsedTime(_since);

    /// <summary>The lock that another agent waits for, if this one holds it.</summary>
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
