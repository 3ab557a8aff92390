// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacement for reading the result of a <see cref="ValueTask{TResult}"/>, which blocks until a task that is inside has ended.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.ValueTask`1")]
public static class ValueTaskOfResultCalls
{
    public static T get_Result<T>(ref ValueTask<T> target, LockCallSite site)
    {
        var task = ValueTasks<T>.ObjectOf(ref target) as Task<T>;
        TaskCalls.Blocks(task, isSure: false, site);
        using HangWatch.Waiting waiting = TaskCalls.Waiting(task, site);
        T result = target.Result;
        Awaits.Ended(task, result, site, isAwait: false);
        return result;
    }
}
