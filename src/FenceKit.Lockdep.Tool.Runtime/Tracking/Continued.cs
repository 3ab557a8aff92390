// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Work that begins when a task has ended. It is a separate flow, like that of <c>Task.Run</c>. A permit of a semaphore that the task has waited for belongs to the
/// work, which is there to release it.
/// </summary>
internal static class Continued
{
    [ThreadStatic]
    private static Task? t_given;

    /// <summary>Whether this thread runs what continues the task: it cannot but have ended, so that reading its result is no wait.</summary>
    public static bool IsGiven(Task? task) => task is not null && ReferenceEquals(t_given, task);

    public static Task Start<TTask>(TTask before, Action<TTask>? work, LockCallSite site, Func<Action<TTask>, Task> start)
        where TTask : Task
    {
        if (!Session.IsOn || work is null || before is null)
        {
            return start(work!);
        }

        LockFork fork = StartedWork.Begin();
        TaskNote? note = TaskNote.Find(before); // of a shared task that has ended only this thread knows it
        return Noted(before, fork, start(task =>
        {
            (FlowNode? Flow, Task? Given) outer = Begin(task, fork, note, site);
            try
            {
                work(task);
            }
            finally
            {
                End<object>(outer);
            }
        }));
    }

    public static Task Start<TTask>(TTask before, Action<TTask, object?>? work, LockCallSite site, Func<Action<TTask, object?>, Task> start)
        where TTask : Task
    {
        if (!Session.IsOn || work is null || before is null)
        {
            return start(work!);
        }

        LockFork fork = StartedWork.Begin();
        TaskNote? note = TaskNote.Find(before); // of a shared task that has ended only this thread knows it
        return Noted(before, fork, start((task, state) =>
        {
            (FlowNode? Flow, Task? Given) outer = Begin(task, fork, note, site);
            try
            {
                work(task, state);
            }
            finally
            {
                End<object>(outer);
            }
        }));
    }

    public static Task<TNewResult> Start<TTask, TNewResult>(TTask before, Func<TTask, TNewResult>? work, LockCallSite site, Func<Func<TTask, TNewResult>, Task<TNewResult>> start)
        where TTask : Task
    {
        if (!Session.IsOn || work is null || before is null)
        {
            return start(work!);
        }

        LockFork fork = StartedWork.Begin();
        TaskNote? note = TaskNote.Find(before); // of a shared task that has ended only this thread knows it
        return Noted(before, fork, start(task =>
        {
            (FlowNode? Flow, Task? Given) outer = Begin(task, fork, note, site);
            try
            {
                return work(task);
            }
            finally
            {
                End<TNewResult>(outer);
            }
        }));
    }

    public static Task<TNewResult> Start<TTask, TNewResult>(
        TTask before, Func<TTask, object?, TNewResult>? work, LockCallSite site, Func<Func<TTask, object?, TNewResult>, Task<TNewResult>> start)
        where TTask : Task
    {
        if (!Session.IsOn || work is null || before is null)
        {
            return start(work!);
        }

        LockFork fork = StartedWork.Begin();
        TaskNote? note = TaskNote.Find(before); // of a shared task that has ended only this thread knows it
        return Noted(before, fork, start((task, state) =>
        {
            (FlowNode? Flow, Task? Given) outer = Begin(task, fork, note, site);
            try
            {
                return work(task, state);
            }
            finally
            {
                End<TNewResult>(outer);
            }
        }));
    }

    private static (FlowNode? Flow, Task? Given) Begin(Task before, LockFork fork, TaskNote? note, LockCallSite site)
    {
        FlowNode? flow = Session.Validator.EnterFork(fork);
        Task? given = t_given;
        t_given = before;
        if (before.IsCompletedSuccessfully)
        {
            (note ?? TaskNote.Find(before))?.TakeOver(isTaken: before is not Task<bool> { Result: false }, site);
        }

        return (flow, given);
    }

    // Work that continues after it has returned a task stays in the flow in which it started.
    private static void End<TNewResult>((FlowNode? Flow, Task? Given) outer)
    {
        t_given = outer.Given;
        if (!typeof(TNewResult).IsAssignableTo(typeof(Task)))
        {
            Session.Validator.LeaveFork(outer.Flow);
        }
    }

    private static TTask Noted<TTask>(Task before, LockFork fork, TTask task)
        where TTask : Task
    {
        new TaskNote { Fork = fork, Before = new WeakReference<Task>(before) }.Attach(task);
        return task;
    }
}
