// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for <c>ContinueWith</c> of a task with a result: the continuation is started work, as with <c>Task.Run</c>, and a thread that waits for it
/// waits for the task before it as well.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.Task`1")]
public static class ContinuationOfResultCalls
{
    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>> continuationAction, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>> continuationAction, CancellationToken cancellationToken, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, cancellationToken));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>> continuationAction, TaskContinuationOptions continuationOptions, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, continuationOptions));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>> continuationAction, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, scheduler));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>> continuationAction, CancellationToken cancellationToken, TaskContinuationOptions continuationOptions, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, cancellationToken, continuationOptions, scheduler));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>, object?> continuationAction, object? state, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, state));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>, object?> continuationAction, object? state, CancellationToken cancellationToken, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, state, cancellationToken));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>, object?> continuationAction, object? state, TaskContinuationOptions continuationOptions, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, state, continuationOptions));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>, object?> continuationAction, object? state, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, state, scheduler));

    public static Task ContinueWith<TResult>(Task<TResult> target, Action<Task<TResult>, object?> continuationAction, object? state, CancellationToken cancellationToken, TaskContinuationOptions continuationOptions, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationAction, site, work => target.ContinueWith(work, state, cancellationToken, continuationOptions, scheduler));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, TNewResult> continuationFunction, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, TNewResult> continuationFunction, CancellationToken cancellationToken, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, cancellationToken));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, TNewResult> continuationFunction, TaskContinuationOptions continuationOptions, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, continuationOptions));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, TNewResult> continuationFunction, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, scheduler));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, TNewResult> continuationFunction, CancellationToken cancellationToken, TaskContinuationOptions continuationOptions, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, cancellationToken, continuationOptions, scheduler));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, object?, TNewResult> continuationFunction, object? state, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, state));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, object?, TNewResult> continuationFunction, object? state, CancellationToken cancellationToken, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, state, cancellationToken));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, object?, TNewResult> continuationFunction, object? state, TaskContinuationOptions continuationOptions, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, state, continuationOptions));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, object?, TNewResult> continuationFunction, object? state, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, state, scheduler));

    public static Task<TNewResult> ContinueWith<TResult, TNewResult>(Task<TResult> target, Func<Task<TResult>, object?, TNewResult> continuationFunction, object? state, CancellationToken cancellationToken, TaskContinuationOptions continuationOptions, TaskScheduler scheduler, LockCallSite site)
        => Continued.Start(target, continuationFunction, site, work => target.ContinueWith(work, state, cancellationToken, continuationOptions, scheduler));
}
