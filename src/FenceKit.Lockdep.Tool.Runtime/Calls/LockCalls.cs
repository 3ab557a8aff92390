// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for calls of <see cref="Lock"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Lock")]
public static class LockCalls
{
    public static void Enter(Lock target, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            target!.Enter();
            return;
        }

        Session.Validator.AcquireReentrant(target, LockAttempt.Blocking, site);
        try
        {
            if (!Session.WatchesHangs || !HangWatch.TryEnter(target, site))
            {
                target.Enter();
            }
        }
        catch
        {
            Session.Validator.ReleaseIfHeld(target);
            throw;
        }
    }

    public static Lock.Scope EnterScope(Lock target, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            return target!.EnterScope();
        }

        Session.Validator.AcquireReentrant(target, LockAttempt.Blocking, site);
        try
        {
            if (!Session.WatchesHangs || !HangWatch.TryEnter(target, site))
            {
                return target.EnterScope();
            }

            Lock.Scope scope = target.EnterScope(); // only entering creates a scope, so the lock is entered once more for a moment
            target.Exit();
            return scope;
        }
        catch
        {
            Session.Validator.ReleaseIfHeld(target);
            throw;
        }
    }

    public static bool TryEnter(Lock target, LockCallSite site) => TryEnter(target, 0, site);

    public static bool TryEnter(Lock target, TimeSpan timeout, LockCallSite site)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        return milliseconds is < -1 or > int.MaxValue ? target.TryEnter(timeout) : TryEnter(target, (int)milliseconds, site); // the first call throws
    }

    public static bool TryEnter(Lock target, int millisecondsTimeout, LockCallSite site)
    {
        if (millisecondsTimeout == Timeout.Infinite)
        {
            Enter(target, site);
            return true;
        }

        bool isTaken = target.TryEnter(millisecondsTimeout);
        if (Session.IsOn && isTaken)
        {
            Session.Validator.AcquireReentrant(target, LockAttempt.Try, site);
        }

        return isTaken;
    }

    public static void Exit(Lock target)
    {
        target.Exit();
        if (Session.IsOn)
        {
            Session.Validator.ReleaseIfHeld(target);
        }
    }
}

/// <summary>Replacement for the end of a <c>lock</c> over a <see cref="Lock"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Lock/Scope")]
public static class LockScopeCalls
{
    public static void Dispose(ref Lock.Scope target)
    {
        Lock? held = Session.IsOn ? LockOf(ref target) : null;
        target.Dispose();
        if (held is not null)
        {
            Session.Validator.ReleaseIfHeld(held);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lockObj")]
    private static extern ref Lock? LockOf(ref Lock.Scope scope);
}
