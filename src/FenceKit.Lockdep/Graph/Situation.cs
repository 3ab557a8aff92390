// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

/// <summary>One lock of a situation.</summary>
internal readonly record struct SituationItem(LockMap Map, ChainRecord Record, HeldPath? Path = null)
{
    public LockAcquireMode Mode => Record.Mode;

    public LockClass Class => Record.Class;

    public HeldLock Describe() => new(Record.Class, Record.Subclass, Map.InstanceName, Mode, Record.Attempt, Record.Site, Record.Stack);
}

/// <summary>Something that was seen: a thread held these instances and wanted that one. What can hang is a set of situations.</summary>
[DebuggerDisplay("holds {Held.Length}, wants {Want.Map}")]
internal sealed class Situation(SituationItem[] held, SituationItem want, string thread)
{
    public SituationItem[] Held { get; } = held;

    public SituationItem Want { get; } = want;

    public string Thread { get; } = thread;

    /// <summary>Of these it is not known whether they are held until the want is granted.</summary>
    public LockMap[] Uncertain { get; init; } = [];

    /// <summary>The order in which paths were first seen; zero for one that was seen before.</summary>
    public long Number { get; set; }

    /// <summary>False when a lock was let go before another that was taken inside it and is still held.</summary>
    public bool IsInsideOut { get; } = Array.TrueForAll(held, static item => item.Path is null);

    /// <summary>True when the want waits without limit.</summary>
    public bool CanHang => Want.Record.Attempt == LockAttempt.Blocking;

    /// <summary>True when the instance occurs once and no other lock of its class does: only then can another instance stand in for it.</summary>
    /// <remarks>Not where locks were released in another order than inside out: the way there may hold more of the class.</remarks>
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

    /// <summary>True when locks of the class nest here: that they do shows an order inside the class, so that none may stand in for another.</summary>
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
