// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

/// <summary>A lock in a situation.</summary>
internal readonly record struct SituationItem(LockMap Map, ChainRecord Record, HeldPath? Path = null)
{
    public LockAcquireMode Mode => Record.Mode;

    public LockClass Class => Record.Class;

    public HeldLock Describe() => new(Record.Class, Record.Subclass, Map.InstanceName, Mode, Record.Attempt, Record.Site, Record.Stack);
}

/// <summary>An observation: a thread held some lock instances and wanted another one. A deadlock is a set of situations.</summary>
[DebuggerDisplay("holds {Held.Length}, wants {Want.Map}")]
internal sealed class Situation(SituationItem[] held, SituationItem want, string thread)
{
    public SituationItem[] Held { get; } = held;

    public SituationItem Want { get; } = want;

    public string Thread { get; } = thread;

    /// <summary>The held locks that may be released before the wanted lock is granted.</summary>
    public LockMap[] Uncertain { get; init; } = [];

    /// <summary>The order in which paths were first observed; zero for a repeated one.</summary>
    public long Number { get; set; }

    /// <summary>
    /// True when all locks were released in reverse order of acquisition: false when a lock was released before another one that was
    /// acquired inside it and is still held.
    /// </summary>
    public bool IsInsideOut { get; } = Array.TrueForAll(held, static item => item.Path is null);

    /// <summary>True when the wait has no time limit.</summary>
    public bool CanHang => Want.Record.Attempt == LockAttempt.Blocking;

    /// <summary>
    /// True when the instance occurs once and no other lock of its class does: only then can another instance replace it.
    /// </summary>
    /// <remarks>
    /// False where locks were not released in reverse order of acquisition: other locks of the class may be held on the path.
    /// </remarks>
    public bool CanSubstitute(LockMap map)
    {
        if (!IsInsideOut)
        {
            return false;
        }

        int ofClass = ReferenceEquals(Want.Class, map.Class) ? 1 : 0;
        bool isHere = ReferenceEquals(Want.Map, map);
        foreach (SituationItem item in Held)
        {
            ofClass += ReferenceEquals(item.Class, map.Class) ? 1 : 0;
            isHere |= ReferenceEquals(item.Map, map);
        }

        return isHere && ofClass == 1;
    }

    /// <summary>True when locks of the class nest here, which shows an order inside the class, so that none may replace another.</summary>
    public bool Nests(LockClass lockClass)
    {
        LockMap? first = ReferenceEquals(Want.Class, lockClass) ? Want.Map : null;
        foreach (SituationItem item in Held)
        {
            if (ReferenceEquals(item.Class, lockClass))
            {
                if (first is not null && !ReferenceEquals(first, item.Map))
                {
                    return true;
                }

                first = item.Map;
            }
        }

        return false;
    }
}
