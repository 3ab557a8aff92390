// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Calls that the rewriter inserts at the start and at the ends of the state machine of an asynchronous method.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
public static class AsyncCalls
{
    /// <summary>Called when the method starts or continues.</summary>
    /// <param name="state">The state of the state machine: negative at the start, on the caller's thread.</param>
    /// <param name="site">The site of the method.</param>
    /// <returns>A value for <see cref="Leave"/>.</returns>
    public static object? Enter(int state, LockCallSite site) => state >= 0 && Session.IsOn ? AsyncWork.Enter(site) : null;

    /// <summary>Called before the method ends or awaits. Code that continues because of that is not part of the method.</summary>
    public static void Leave(object? entered)
    {
        if (entered is not null)
        {
            Session.Validator.ReleaseIfHeld(entered);
        }
    }
}
