// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>Replacements for waiting for several tasks at once: a wait for each of them is recorded.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.Task")]
public static class TaskGroupCalls
{
    public static void WaitAll(Task[] tasks, LockCallSite site)
    {
        Blocks(tasks, site);
        Task.WaitAll(tasks);
        Ended(tasks, site);
    }

    public static void WaitAll(ReadOnlySpan<Task> tasks, LockCallSite site)
    {
        Task[] all = tasks.ToArray();
        Blocks(all, site);
        Task.WaitAll(tasks);
        Ended(all, site);
    }

    public static void WaitAll(Task[] tasks, CancellationToken cancellationToken, LockCallSite site)
    {
        Blocks(tasks, site);
        Task.WaitAll(tasks, cancellationToken);
        Ended(tasks, site);
    }

    public static void WaitAll(IEnumerable<Task> tasks, CancellationToken cancellationToken, LockCallSite site)
    {
        Task[] all = tasks is null ? null! : [.. tasks];
        Blocks(all, site);
        Task.WaitAll(all, cancellationToken);
        Ended(all, site);
    }

    public static Task WhenAll(Task[] tasks) => Grouped(Task.WhenAll(tasks), tasks);

    public static Task WhenAll(ReadOnlySpan<Task> tasks) => Grouped(Task.WhenAll(tasks), tasks);

    public static Task WhenAll(IEnumerable<Task> tasks)
    {
        Task[] all = tasks is null ? null! : [.. tasks];
        return Grouped(Task.WhenAll(all), all);
    }

    public static Task<TResult[]> WhenAll<TResult>(Task<TResult>[] tasks) => Grouped(Task.WhenAll(tasks), [.. tasks]);

    public static Task<TResult[]> WhenAll<TResult>(ReadOnlySpan<Task<TResult>> tasks) => Grouped(Task.WhenAll(tasks), [.. tasks]);

    public static Task<TResult[]> WhenAll<TResult>(IEnumerable<Task<TResult>> tasks)
    {
        Task<TResult>[] all = tasks is null ? null! : [.. tasks];
        return Grouped(Task.WhenAll(all), [.. all]);
    }

    private static TTask Grouped<TTask>(TTask group, ReadOnlySpan<Task> tasks)
        where TTask : Task
    {
        if (Session.IsOn && tasks.Length > 0)
        {
            new TaskNote { Parts = tasks.ToArray() }.Attach(group);
        }

        return group;
    }

    private static void Blocks(Task[]? tasks, LockCallSite site)
    {
        foreach (Task? task in tasks ?? [])
        {
            TaskCalls.Blocks(task, isSure: true, site);
        }
    }

    private static void Ended(Task[] tasks, LockCallSite site)
    {
        foreach (Task task in tasks)
        {
            Awaits.Ended(task, site, isAwait: false);
        }
    }
}
