// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for calls of <see cref="Task"/>: locks that started work acquires are checked under the locks of a flow that waits for it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.Task")]
public static class TaskCalls
{
    public static Task Run(Action action) => Run(action, CancellationToken.None);

    public static Task Run(Action action, CancellationToken cancellationToken)
        => Session.IsOn && action is not null
            ? Noted(StartedWork.Begin(), fork => Task.Run(StartedWork.Wrap(fork, action), cancellationToken))
            : Task.Run(action!, cancellationToken);

    public static Task<TResult> Run<TResult>(Func<TResult> function) => Run(function, CancellationToken.None);

    public static Task<TResult> Run<TResult>(Func<TResult> function, CancellationToken cancellationToken)
        => Session.IsOn && function is not null
            ? Noted(StartedWork.Begin(), fork => Task.Run(StartedWork.Wrap(fork, function), cancellationToken))
            : Task.Run(function!, cancellationToken);

    public static Task Run(Func<Task?> function) => Run(function, CancellationToken.None);

    public static Task Run(Func<Task?> function, CancellationToken cancellationToken)
        => Session.IsOn && function is not null
            ? Noted(StartedWork.Begin(), fork => Task.Run(StartedWork.WrapAsync(fork, function), cancellationToken))
            : Task.Run(function!, cancellationToken);

    public static Task<TResult> Run<TResult>(Func<Task<TResult>?> function) => Run(function, CancellationToken.None);

    public static Task<TResult> Run<TResult>(Func<Task<TResult>?> function, CancellationToken cancellationToken)
        => Session.IsOn && function is not null
            ? Noted(StartedWork.Begin(), fork => Task.Run(StartedWork.WrapAsync(fork, function), cancellationToken))
            : Task.Run(function!, cancellationToken);

    public static void Wait(Task target, LockCallSite site)
    {
        Blocks(target, isSure: true, site);
        using HangWatch.Waiting waiting = Waiting(target, site);
        target.Wait();
        Awaits.Ended(target, site, isAwait: false);
    }

    public static void Wait(Task target, CancellationToken cancellationToken, LockCallSite site)
    {
        Blocks(target, isSure: true, site);
        using HangWatch.Waiting waiting = Waiting(target, site);
        target.Wait(cancellationToken);
        Awaits.Ended(target, site, isAwait: false);
    }

    public static bool Wait(Task target, int millisecondsTimeout, LockCallSite site)
    {
        if (millisecondsTimeout == Timeout.Infinite)
        {
            Wait(target, site);
            return true;
        }

        bool hasEnded = target.Wait(millisecondsTimeout);
        if (hasEnded)
        {
            Awaits.Ended(target, site, isAwait: false);
        }

        return hasEnded;
    }

    /// <summary>Records that this thread waits for the task, unless a wait for it has already ended.</summary>
    /// <param name="task">The task.</param>
    /// <param name="isSure">False when code reads the result: it may know that the task has ended.</param>
    /// <param name="site">The site of the call.</param>
    internal static void Blocks(Task? task, bool isSure, LockCallSite site)
    {
        if (!Session.IsOn || task is null)
        {
            return;
        }

        Task? waited = task;
        for (int i = 0; i < TaskNote.MostContinued && waited is not null; i++)
        {
            waited = BlocksAlone(waited, isSure, site)?.Before is { } before && before.TryGetTarget(out Task? continued) ? continued : null;
        }
    }

    private static TaskNote? BlocksAlone(Task task, bool isSure, LockCallSite site)
    {
        bool isOpen = !task.IsCompleted;
        if (isSure || isOpen)
        {
            Signals.Find(task)?.Wait(site);
            AsyncWork.WaitFor(task, site);
        }

        if ((isSure || isOpen || site.LockName is null) && TaskNote.Find(task, isTaken: false) is { } note)
        {
            if (!note.HasEnded)
            {
                note.Blocks(site);
            }

            return note;
        }

        return null;
    }

    /// <summary>The object that a thread which blocks for the task waits for: the started work, or the method.</summary>
    internal static HangWatch.Waiting Waiting(Task? task, LockCallSite site) => Session.WatchesHangs && task is { IsCompleted: false }
        ? HangWatch.Wait((object?)TaskNote.Find(task, isTaken: false)?.Fork ?? AsyncWork.MapOf(task), site)
        : default;

    private static TTask Noted<TTask>(LockFork fork, Func<LockFork, TTask> start)
        where TTask : Task
    {
        TTask task = start(fork);
        new TaskNote { Fork = fork }.Attach(task);
        return task;
    }
}

/// <summary>Replacement for reading the result of a task where that may block.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.Task`1")]
public static class TaskOfResultCalls
{
    public static T get_Result<T>(Task<T> target, LockCallSite site)
    {
        TaskCalls.Blocks(target, isSure: false, site);
        using HangWatch.Waiting waiting = TaskCalls.Waiting(target, site);
        T result = target.Result;
        Awaits.Ended(target, result, site, isAwait: false);
        return result;
    }
}
