// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Instrumentation;

namespace FenceKit.Lockdep;

// The entry points for rewritten code: sites that already exist, foreign locks, and releases of locks whose acquisition was not seen.
public sealed partial class LockValidator
{
    [ThreadStatic]
    private static bool t_isInside; // set while the validator works: it may call rewritten code of the framework, which must not be validated

    [ThreadStatic]
    private static int t_workFrom; // one more than the index where work begins that another thread could do as well; 0 if there is none

    /// <summary>Ignores all further acquisitions of this thread, which works for the tool.</summary>
    internal static void IgnoreThisThread() => t_isInside = true;

    internal static IgnoredScope Ignore()
    {
        var scope = new IgnoredScope(t_isInside);
        t_isInside = true;
        return scope;
    }

    /// <summary>Records the acquisition of a thread-bound, reentrant lock.</summary>
    internal void AcquireReentrant(object target, LockAttempt attempt, LockCallSite site)
        => Acquire(target, AcquireShape.Of(LockAcquireMode.Exclusive, attempt).AsReentrant(), site);

    internal void Acquire(object target, AcquireShape shape, LockCallSite site)
    {
        LockHolder stack = LockHolder.Current(this);
        if (target is LockObject tagged)
        {
            LockMap map = tagged.Map;
            ulong own = OwnKey(map.Identity, shape, null, 0);
            if (!stack.TryPushKnown(map, own, site.Place))
            {
                EnterOutside(stack, map, map, shape, own, site);
            }

            return;
        }

        LockClass lockClass = site.ClassFor(target);
        ulong foreign = OwnKey(ForeignIdentity(lockClass, target), shape, null, 0);
        if (!stack.TryPushCached(target, foreign, site.Place))
        {
            EnterOutside(stack, target, null, shape, foreign, site);
        }
    }

    /// <summary>Records the acquisition of a lock with a map.</summary>
    internal void Acquire(LockMap map, AcquireShape shape, LockCallSite site)
    {
        LockHolder stack = LockHolder.Current(this);
        ulong own = OwnKey(map.Identity, shape, null, 0);
        if (!stack.TryPushKnown(map, own, site.Place))
        {
            EnterOutside(stack, map, map, shape, own, site);
        }
    }

    /// <summary>Records a wait for an object that is never held.</summary>
    internal void WaitFor(LockMap map, LockCallSite site)
    {
        if (!IsTaken(map))
        {
            Acquire(map, AcquireShape.Of(LockAcquireMode.Exclusive).AsWait(), site);
            ReleaseIfHeld(map);
        }
    }

    /// <summary>
    /// Records the release of a lock, if its acquisition on this thread was seen: code that was not rewritten may have acquired it.
    /// </summary>
    internal bool ReleaseIfHeld(object target)
    {
        object instance = target is LockObject tagged ? tagged.Map : target;
        LockHolder stack = LockHolder.Current(this);
        return (instance is LockMap map ? stack.TryPopTop(map) : stack.TryPopForeign(instance)) || RemoveIfHeld(stack, instance);
    }

    /// <summary>
    /// Begins work that another thread could do as well: its acquisitions are checked without the locks that this thread held before, even
    /// where those make them reentrant.
    /// </summary>
    /// <returns>A value for <see cref="EndWork"/>.</returns>
    internal int BeginWork(LockMap map, LockCallSite site)
    {
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        int before = t_workFrom;
        t_workFrom = stack.Depth + 1;
        Acquire(map, AcquireShape.Of(LockAcquireMode.Shared, LockAttempt.Try), site);
        return before;
    }

    internal void EndWork(LockMap map, int before)
    {
        t_workFrom = before;
        ReleaseIfHeld(map);
    }

    /// <summary>A key of what this thread and its flow hold, with the sites.</summary>
    internal ulong ChainHere()
    {
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        return stack.KeyFor(0);
    }

    /// <summary>Whether this thread or its flow holds a lock.</summary>
    internal bool HoldsAnything => SettledIfAny() is { Depth: > 0 };

    /// <summary>Whether this thread holds a lock that is stored in a field of the type.</summary>
    internal bool HoldsLockOf(string type)
    {
        foreach (HeldEntry entry in SettledIfAny() is { } stack ? stack.Entries : [])
        {
            if (entry.Record.Class.Name is var name && name.Length > type.Length && name[type.Length] == '.' && name.StartsWith(type, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    internal bool IsTaken(object target)
    {
        LockHolder? stack = SettledIfAny();
        return stack is not null && stack.IndexOf(target is LockObject tagged ? tagged.Map : target) >= 0;
    }

    // A thread that a flow has just come to has not loaded yet what the flow holds.
    private LockHolder? SettledIfAny()
    {
        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Settle();
        return stack;
    }

    /// <summary>Whether this thread holds a lock that it has acquired in the work that it does now, see <see cref="BeginWork"/>.</summary>
    internal bool IsTakenInWork(LockMap map)
    {
        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Settle();
        return stack is not null && stack.IndexOf(map) >= Math.Max(t_workFrom - 1, 0);
    }

    /// <summary>Sets the class of a foreign lock before its first acquisition.</summary>
    internal void Name(object target, LockClass lockClass) => MapOf(target, lockClass);

    /// <summary>The newest hold of the current flow that a method has acquired or taken over.</summary>
    internal FlowNode? HoldTakenIn(string? member)
    {
        FlowNode? node = _flow.Value;
        while (node is { Fork: null } && (node.IsReleased || node.TakenIn != member))
        {
            node = node.Parent;
        }

        return node is { Fork: null } ? node : null;
    }

    /// <summary>Takes over a lock that an ended method has left to the code that awaits it.</summary>
    internal void Adopt(FlowNode node, string? member)
    {
        if (!node.IsReleased && !IsInFlow(node))
        {
            Adopt(node);
            _flow.Value!.TakenIn = member;
        }
    }

    /// <summary>
    /// Records that a monitor was released for a wait and entered again afterwards, below the locks that were acquired inside it.
    /// </summary>
    internal void Reenter(object target, LockCallSite site)
    {
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        object instance = target is LockObject tagged ? tagged.Map : target;
        if (stack.Depth == 0 || (ReferenceEquals(stack.Entries[^1].Instance, instance) && !IsBelowTop(stack, instance)))
        {
            return;
        }

        int times = 0;
        while (ReleaseIfHeld(target))
        {
            times++;
        }

        for (int i = 0; i < times; i++)
        {
            AcquireReentrant(target, LockAttempt.Blocking, site);
        }
    }

    private static bool IsBelowTop(LockHolder stack, object instance)
    {
        for (int i = 0; i < stack.Depth - 1; i++)
        {
            if (ReferenceEquals(stack.Entries[i].Instance, instance))
            {
                return true;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool RemoveIfHeld(LockHolder stack, object instance)
    {
        stack.Settle();
        int index = stack.IndexOf(instance);
        if (index < 0)
        {
            return false;
        }

        FlowNode? node = stack.Entries[index].Node;
        stack.RemoveAt(index);
        node?.TryRelease();
        return true;
    }

    // Code that was not rewritten, or a delegate, may have released a lock. The locks themselves are asked before a new acquisition is
    // validated.
    private static void DropStale(LockHolder stack)
    {
        stack.Settle();
        for (int i = stack.Depth - 1; i >= 0; i--)
        {
            HeldEntry entry = stack.Entries[i];
            if (entry.Node is null && !IsReallyHeld(entry.Instance!))
            {
                stack.RemoveAt(i);
            }
        }
    }

    private static bool IsReallyHeld(object instance) => instance switch
    {
        LockMap map => map.Subject is not LockObject tagged || Monitor.IsEntered(tagged),
        Lock target => target.IsHeldByCurrentThread,
        ReaderWriterLock target => target.IsReaderLockHeld || target.IsWriterLockHeld,
        ReaderWriterLockSlim target => target.IsReadLockHeld || target.IsWriteLockHeld || target.IsUpgradeableReadLockHeld,
        _ => instance.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Lazy<>) || Monitor.IsEntered(instance),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterOutside(LockHolder stack, object instance, LockMap? map, AcquireShape shape, ulong own, LockCallSite site)
    {
        if (t_isInside)
        {
            return; // the release will find no entry and do nothing
        }

        t_isInside = true;
        try
        {
            DropStale(stack);
            Enter(stack, instance, map ?? MapOf(instance, site.ClassFor(instance)), shape, null, own, site.Place, site.Place);
            if (t_workFrom > 0 && stack.Depth >= t_workFrom && stack.TopRecord.IsReentry)
            {
                JudgeAsWork(stack);
            }
        }
        finally
        {
            t_isInside = false;
        }
    }

    // The acquisition is reentrant only because this thread happens to do the work.
    private void JudgeAsWork(LockHolder stack)
    {
        HeldStep[] all = StepsOf(stack, stack.Depth);
        HeldStep[] own = all[Math.Min(t_workFrom - 1, all.Length - 1)..];
        HeldStep wanted = own[^1];
        if (!Array.Exists(own[..^1], step => ReferenceEquals(step.Map, wanted.Map)))
        {
            ChainRecord record = RecordOf(wanted.Map, wanted.Record.Shape, wanted.Record.Site);
            Judge([new JudgedWant(own[..^1], wanted.Map, record, Rules.Acquisition.NameOf(stack.Thread))]);
        }
    }

    internal readonly ref struct IgnoredScope(bool before)
    {
        public void Dispose() => t_isInside = before;
    }
}
