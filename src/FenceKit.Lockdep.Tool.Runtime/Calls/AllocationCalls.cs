// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Called with a lock that has just been made: where it is made is its class, as with a static key of Linux.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
public static class AllocationCalls
{
    /// <summary>The lock is made here.</summary>
    public static void Made(object target, LockCallSite site)
    {
        if (!Session.IsOn || target is null)
        {
            return;
        }

        LazyMaking.NoteLock(target);
        switch (target)
        {
            case SemaphoreSlim semaphore:
                SemaphoreCalls.Made(semaphore, site);
                break;
            case Mutex:
                break; // the system may know it by a name that other objects have too, so its class is found when it is taken
            default:
                Session.Validator.Name(target, site.Named());
                break;
        }
    }
}
