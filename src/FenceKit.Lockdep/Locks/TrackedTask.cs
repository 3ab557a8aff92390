// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Tasks that are started and waited for, where the validator cannot see it by itself: what a task takes counts under the locks of whoever waits for
/// it, from then on, and nothing follows from a task that nobody waits for.
/// </summary>
/// <remarks>Thread safe. With <see cref="LockValidatorSwitch"/> off each is the bare call.</remarks>
public static class TrackedTask
{
    private static readonly ConditionalWeakTable<Task, LockFork> s_forks = [];

    /// <summary>As <see cref="Task.Run(Func{Task})"/>.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <returns>The task; whoever waits for it does so with <see cref="Join(Task, LockValidator, string, int)"/> or <see cref="Wait"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is null.</exception>
    public static Task Run(Func<Task> work, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!LockValidatorSwitch.IsEnabled)
        {
            return Task.Run(work);
        }

        LockValidator judge = validator ?? LockValidator.Default;
        LockFork fork = new() { IsExplicit = true, Guards = judge.HeldByThread() };
        return Known(fork, Task.Run(() =>
        {
            judge.EnterFork(fork); // seen by all of the task, which has an execution context of its own
            return work();
        }));
    }

    /// <summary>
    /// Calls an asynchronous method that nobody will await while the locks of this flow are held: fire and forget. <c>_ = TrackedTask.Start(() => WriteAsync());</c>
    /// Without this what the method takes counts as taken by its caller, as for any call.
    /// </summary>
    /// <param name="work">The method. It begins on this thread, at once.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <returns>The task of the method.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is null.</exception>
    public static Task Start(Func<Task> work, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!LockValidatorSwitch.IsEnabled)
        {
            return work();
        }

        LockFork fork = new() { IsExplicit = true, IsDetached = true };
        LockValidator judge = validator ?? LockValidator.Default;
        FlowNode? before = judge.EnterFork(fork);
        try
        {
            return Known(fork, work());
        }
        finally
        {
            judge.LeaveFork(before);
        }
    }

    /// <summary>Says that this flow awaits a task here, with everything that it holds: <c>await TrackedTask.Join(task)</c>.</summary>
    /// <param name="task">The task; of one that was not started here only the await is seen.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The same task.</returns>
    /// <remarks>Does not block. A lock of the thread that is held here is reported, for the code may go on with another thread.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">A <see cref="ThrowingSink"/> is installed and there is a violation.</exception>
    public static Task Join(Task task, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (LockValidatorSwitch.IsEnabled)
        {
            Note(task, validator ?? LockValidator.Default, file, line);
        }

        return task;
    }

    /// <summary>As <see cref="Task.WhenAll(Task[])"/>, for tasks each of which is joined.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The task of all of them.</returns>
    /// <inheritdoc cref="Join(Task, LockValidator, string, int)" path="/remarks"/>
    /// <exception cref="ArgumentNullException"><paramref name="tasks"/> or one of them is null.</exception>
    /// <exception cref="LockViolationException">A <see cref="ThrowingSink"/> is installed and there is a violation.</exception>
    public static Task WhenAll(IEnumerable<Task> tasks, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        Task[] all = [.. tasks];
        foreach (Task task in all)
        {
            Join(task, validator, file, line);
        }

        return Task.WhenAll(all);
    }

    /// <summary>Blocks until a task has ended, with everything that this thread and this flow hold.</summary>
    /// <param name="task">The task.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">A <see cref="ThrowingSink"/> is installed and there is a violation; it has not waited then.</exception>
    /// <remarks>Throws what the task threw, not wrapped.</remarks>
    public static void Wait(Task task, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (LockValidatorSwitch.IsEnabled && s_forks.TryGetValue(task, out LockFork? fork))
        {
            (validator ?? LockValidator.Default).Join(fork, blocks: true);
        }

        task.GetAwaiter().GetResult();
    }

    private static void Note(Task task, LockValidator judge, string? file, int line)
    {
        judge.NoteAwait(file, line);
        if (s_forks.TryGetValue(task, out LockFork? fork))
        {
            judge.Join(fork, blocks: false);
        }
    }

    private static Task Known(LockFork fork, Task task)
    {
        s_forks.AddOrUpdate(task, fork); // a method that has ended already may return a task that is everybody's
        return task;
    }
}
