// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="SpinLock"/>. It is a structure, so a lock is identified by the object and the field that contain
/// it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.SpinLock")]
public static class SpinLockCalls
{
    private static readonly ConditionalWeakTable<object, Dictionary<LockClass, LockMap>> s_byOwner = [];
    private static readonly object s_nobody = new(); // the owner of locks in static fields

    public static void Enter(ref SpinLock target, ref bool lockTaken, object? owner, LockCallSite site)
    {
        // A lock with owner tracking throws if this thread already holds it; so does every lock if the flag is already set.
        if (!Session.IsOn || lockTaken || (target.IsThreadOwnerTrackingEnabled && target.IsHeldByCurrentThread))
        {
            target.Enter(ref lockTaken);
            return;
        }

        LockMap map = MapOf(owner, site);
        Session.Validator.Acquire(map, AcquireShape.Of(LockAcquireMode.Exclusive), site);
        try
        {
            HangWatch.Enter(ref target, map, ref lockTaken, site);
        }
        finally
        {
            if (!lockTaken)
            {
                Session.Validator.ReleaseIfHeld(map);
            }
        }
    }

    public static void TryEnter(ref SpinLock target, ref bool lockTaken, object? owner, LockCallSite site) => TryEnter(ref target, 0, ref lockTaken, owner, site);

    public static void TryEnter(ref SpinLock target, TimeSpan timeout, ref bool lockTaken, object? owner, LockCallSite site)
    {
        if ((long)timeout.TotalMilliseconds is >= -1 and <= int.MaxValue and long fits)
        {
            TryEnter(ref target, (int)fits, ref lockTaken, owner, site);
            return;
        }

        target.TryEnter(timeout, ref lockTaken); // throws
    }

    public static void TryEnter(ref SpinLock target, int millisecondsTimeout, ref bool lockTaken, object? owner, LockCallSite site)
    {
        if (millisecondsTimeout == Timeout.Infinite)
        {
            Enter(ref target, ref lockTaken, owner, site);
            return;
        }

        target.TryEnter(millisecondsTimeout, ref lockTaken);
        if (Session.IsOn && lockTaken)
        {
            Session.Validator.Acquire(MapOf(owner, site), AcquireShape.Of(LockAcquireMode.Exclusive, LockAttempt.Try), site);
        }
    }

    public static void Exit(ref SpinLock target, object? owner, LockCallSite site)
    {
        target.Exit();
        Release(owner, site);
    }

    public static void Exit(ref SpinLock target, bool useMemoryBarrier, object? owner, LockCallSite site)
    {
        target.Exit(useMemoryBarrier);
        Release(owner, site);
    }

    private static void Release(object? owner, LockCallSite site)
    {
        if (Session.IsOn)
        {
            Session.Validator.ReleaseIfHeld(MapOf(owner, site));
        }
    }

    private static LockMap MapOf(object? owner, LockCallSite site)
    {
        if (owner is null && site.Map is { } known)
        {
            return known;
        }

        Dictionary<LockClass, LockMap> maps = s_byOwner.GetValue(owner ?? s_nobody, static _ => []);
        using var ignored = LockValidator.Ignore();
        lock (maps)
        {
            LockClass lockClass = site.Named();
            if (!maps.TryGetValue(lockClass, out LockMap? map))
            {
                map = new LockMap(lockClass);
                maps.Add(lockClass, map);
            }

            site.Map = owner is null ? map : null;
            return map;
        }
    }
}
