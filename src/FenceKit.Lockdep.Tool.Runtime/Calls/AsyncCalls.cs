// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Put at the beginning and at the ends of what the compiler made of an asynchronous method.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
public static class AsyncCalls
{
    /// <summary>It begins, or goes on.</summary>
    /// <param name="state">Less than 0 at the beginning, on the thread of the caller.</param>
    /// <param name="site">The method.</param>
    /// <returns>For <see cref="Leave"/>.</returns>
    public static object? Enter(int state, LockCallSite site) => state >= 0 && Session.IsOn ? AsyncWork.Enter(site) : null;

    /// <summary>It is about to end, or to wait. Whatever goes on because of that is no part of it.</summary>
    public static void Leave(object? entered)
    {
        if (entered is not null)
        {
            Session.Validator.ReleaseIfHeld(entered);
        }
    }
}
