// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for calls of <see cref="ThreadPool"/>: no code waits for such work, but the work may signal an object.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.ThreadPool")]
public static class PoolCalls
{
    public static bool QueueUserWorkItem(WaitCallback callBack) => ThreadPool.QueueUserWorkItem(Wrap(callBack));

    public static bool QueueUserWorkItem(WaitCallback callBack, object? state) => ThreadPool.QueueUserWorkItem(Wrap(callBack), state);

    private static WaitCallback Wrap(WaitCallback callBack)
    {
        if (!Session.IsOn || callBack is null)
        {
            return callBack!;
        }

        LockFork fork = StartedWork.BeginDetached();
        return state => StartedWork.Wrap(fork, () => callBack(state))();
    }
}
