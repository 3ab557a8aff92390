// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Called with a lock that has just been created: the place of creation determines its class, like a static key in Linux.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
public static class AllocationCalls
{
    /// <summary>Called where a lock is created.</summary>
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
                break; // a named one may be shared with other objects, so its class is determined when it is acquired
            default:
                Session.Validator.Name(target, site.Named());
                break;
        }
    }
}
