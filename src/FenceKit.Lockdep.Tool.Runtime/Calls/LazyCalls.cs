// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacement for <see cref="Lazy{T}"/>: while its value is created, a thread that needs it waits as for a lock.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Lazy`1")]
public static class LazyCalls
{
    public static T get_Value<T>(Lazy<T> target, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            return target!.Value;
        }

        if (target.IsValueCreated)
        {
            if (Session.Validator.HoldsAnything)
            {
                LazyMaking.AskedAgain(target, site);
            }

            return target.Value;
        }

        if (Modes<T>.Of(target) != LazyThreadSafetyMode.ExecutionAndPublication)
        {
            return target.Value;
        }

        Session.Validator.AcquireReentrant(target, LockAttempt.Blocking, site);
        LazyMaking making = LazyMaking.Begin();
        try
        {
            using HangWatch.Waiting waiting = HangWatch.Wait(target, site, isAnnounced: true);
            return target.Value;
        }
        finally
        {
            making.End(target, site);
            Session.Validator.ReleaseIfHeld(target);
        }
    }

    private static class Modes<T>
    {
        [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Mode")]
        public static extern LazyThreadSafetyMode? Of(Lazy<T> lazy);
    }
}
