// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="TaskCompletionSource"/>: a waiter for its task waits for the code that completes it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.TaskCompletionSource")]
public static class CompletionCalls
{
    public static TaskCompletionSource New(LockCallSite site) => Known(new TaskCompletionSource(), site);

    public static TaskCompletionSource New(TaskCreationOptions creationOptions, LockCallSite site) => Known(new TaskCompletionSource(creationOptions), site);

    public static void SetResult(TaskCompletionSource target, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        target.SetResult();
    }

    public static bool TrySetResult(TaskCompletionSource target, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        return target.TrySetResult();
    }

    public static bool TrySetResultUnplaced(TaskCompletionSource target) => TrySetResult(target, null!);

    public static void SetResultUnplaced(TaskCompletionSource target) => SetResult(target, null!);

    public static bool TrySetException(TaskCompletionSource target, Exception exception, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        return target.TrySetException(exception);
    }

    public static void SetException(TaskCompletionSource target, Exception exception, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        target.SetException(exception);
    }

    public static bool TrySetCanceled(TaskCompletionSource target, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        return target.TrySetCanceled();
    }

    private static TaskCompletionSource Known(TaskCompletionSource source, LockCallSite site)
    {
        Signals.Made(source.Task, site);
        return source;
    }
}

/// <inheritdoc cref="CompletionCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.TaskCompletionSource`1")]
public static class CompletionOfResultCalls
{
    public static TaskCompletionSource<T> New<T>(LockCallSite site) => Known(new TaskCompletionSource<T>(), site);

    public static TaskCompletionSource<T> New<T>(TaskCreationOptions creationOptions, LockCallSite site) => Known(new TaskCompletionSource<T>(creationOptions), site);

    public static void SetResult<T>(TaskCompletionSource<T> target, T result, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        target.SetResult(result);
    }

    public static bool TrySetResult<T>(TaskCompletionSource<T> target, T result, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        return target.TrySetResult(result);
    }

    public static void SetResultUnplaced<T>(TaskCompletionSource<T> target, T result) => SetResult(target, result, null!);

    public static bool TrySetResultUnplaced<T>(TaskCompletionSource<T> target, T result) => TrySetResult(target, result, null!);

    public static bool TrySetException<T>(TaskCompletionSource<T> target, Exception exception, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        return target.TrySetException(exception);
    }

    public static void SetException<T>(TaskCompletionSource<T> target, Exception exception, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        target.SetException(exception);
    }

    public static bool TrySetCanceled<T>(TaskCompletionSource<T> target, LockCallSite site)
    {
        Signals.Find(target.Task)?.Signal(site);
        return target.TrySetCanceled();
    }

    private static TaskCompletionSource<T> Known<T>(TaskCompletionSource<T> source, LockCallSite site)
    {
        Signals.Made(source.Task, site);
        return source;
    }
}
