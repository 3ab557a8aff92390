// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for <see cref="TaskFactory"/>: as for <c>Task.Run</c>, locks of the started work are checked under the locks of a flow that
/// waits for it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.TaskFactory")]
public static class TaskFactoryCalls
{
    public static Task StartNew(TaskFactory target, Action action)
        => Start(target, action, static (factory, work) => factory.StartNew(work));

    public static Task StartNew(TaskFactory target, Action action, CancellationToken cancellationToken)
        => Start(target, action, (factory, work) => factory.StartNew(work, cancellationToken));

    public static Task StartNew(TaskFactory target, Action action, TaskCreationOptions creationOptions)
        => Start(target, action, (factory, work) => factory.StartNew(work, creationOptions));

    public static Task StartNew(
        TaskFactory target, Action action, CancellationToken cancellationToken, TaskCreationOptions creationOptions, TaskScheduler scheduler)
        => Start(target, action, (factory, work) => factory.StartNew(work, cancellationToken, creationOptions, scheduler));

    public static Task<TResult> StartNew<TResult>(TaskFactory target, Func<TResult> function)
        => Start(target, function, static (factory, work) => factory.StartNew(work));

    public static Task<TResult> StartNew<TResult>(TaskFactory target, Func<TResult> function, CancellationToken cancellationToken)
        => Start(target, function, (factory, work) => factory.StartNew(work, cancellationToken));

    public static Task<TResult> StartNew<TResult>(TaskFactory target, Func<TResult> function, TaskCreationOptions creationOptions)
        => Start(target, function, (factory, work) => factory.StartNew(work, creationOptions));

    public static Task<TResult> StartNew<TResult>(
        TaskFactory target, Func<TResult> function, CancellationToken cancellationToken, TaskCreationOptions creationOptions, TaskScheduler scheduler)
        => Start(target, function, (factory, work) => factory.StartNew(work, cancellationToken, creationOptions, scheduler));

    private static Task Start(TaskFactory target, Action? action, Func<TaskFactory, Action, Task> start)
    {
        if (!Session.IsOn || action is null || target is null)
        {
            return start(target!, action!);
        }

        LockFork fork = StartedWork.Begin();
        Task task = start(target, StartedWork.Wrap(fork, action));
        new TaskNote { Fork = fork }.Attach(task);
        return task;
    }

    private static Task<TResult> Start<TResult>(TaskFactory target, Func<TResult>? function, Func<TaskFactory, Func<TResult>, Task<TResult>> start)
    {
        if (!Session.IsOn || function is null || target is null)
        {
            return start(target!, function!);
        }

        LockFork fork = StartedWork.Begin();

        // Work that continues after it has returned a task stays in the flow in which it started.
        Func<TResult> work = typeof(TResult).IsAssignableTo(typeof(Task)) ? StartedWork.WrapAsync(fork, function) : StartedWork.Wrap(fork, function);
        Task<TResult> task = start(target, work);
        new TaskNote { Fork = fork }.Attach(task);
        return task;
    }
}
