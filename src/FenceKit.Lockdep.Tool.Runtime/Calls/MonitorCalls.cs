// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="Monitor"/> and for <c>lock</c>. Each does what the original does, and throws the same exceptions.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Monitor")]
public static class MonitorCalls
{
    public static void Enter(object target, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            Monitor.Enter(target!);
            return;
        }

        Session.Validator.AcquireReentrant(target, LockAttempt.Blocking, site);
        try
        {
            if (!Session.WatchesHangs || !HangWatch.TryEnter(target, site))
            {
                Monitor.Enter(target);
            }
        }
        catch
        {
            Session.Validator.ReleaseIfHeld(target);
            throw;
        }
    }

    public static void Enter(object target, ref bool lockTaken, LockCallSite site)
    {
        if (!Session.IsOn || target is null || lockTaken)
        {
            Monitor.Enter(target!, ref lockTaken);
            return;
        }

        Session.Validator.AcquireReentrant(target, LockAttempt.Blocking, site);
        try
        {
            if (!Session.WatchesHangs || !(lockTaken = HangWatch.TryEnter(target, site)))
            {
                Monitor.Enter(target, ref lockTaken);
            }
        }
        catch when (!lockTaken)
        {
            Session.Validator.ReleaseIfHeld(target);
            throw;
        }
    }

    public static bool TryEnter(object target, LockCallSite site) => TryEnter(target, 0, site);

    public static bool TryEnter(object target, int millisecondsTimeout, LockCallSite site)
    {
        bool lockTaken = false;
        TryEnter(target, millisecondsTimeout, ref lockTaken, site);
        return lockTaken;
    }

    public static bool TryEnter(object target, TimeSpan timeout, LockCallSite site)
    {
        bool lockTaken = false;
        TryEnter(target, timeout, ref lockTaken, site);
        return lockTaken;
    }

    public static void TryEnter(object target, ref bool lockTaken, LockCallSite site) => TryEnter(target, 0, ref lockTaken, site);

    public static void TryEnter(object target, TimeSpan timeout, ref bool lockTaken, LockCallSite site)
    {
        long milliseconds = (long)timeout.TotalMilliseconds;
        if (milliseconds is < -1 or > int.MaxValue)
        {
            Monitor.TryEnter(target, timeout, ref lockTaken); // throws
        }

        TryEnter(target, (int)milliseconds, ref lockTaken, site);
    }

    public static void TryEnter(object target, int millisecondsTimeout, ref bool lockTaken, LockCallSite site)
    {
        if (millisecondsTimeout == Timeout.Infinite)
        {
            Enter(target, ref lockTaken, site);
            return;
        }

        Monitor.TryEnter(target, millisecondsTimeout, ref lockTaken);
        if (Session.IsOn && lockTaken)
        {
            // An attempt with a time limit counts as a try: it cannot hang for the lock, but holds it afterwards.
            Session.Validator.AcquireReentrant(target, LockAttempt.Try, site);
        }
    }

    public static void Exit(object target)
    {
        Monitor.Exit(target);
        if (Session.IsOn)
        {
            Session.Validator.ReleaseIfHeld(target);
        }
    }
}
