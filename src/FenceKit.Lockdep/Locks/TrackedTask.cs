// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Tasks that are started and waited for, where the validator cannot see it by itself: what a task takes counts under the locks of the flow that waits for
/// it, from then on, and nothing follows from a task that nobody waits for.
/// </summary>
/// <remarks>Thread safe. With <see cref="LockValidator.IsEnabled"/> off each is the bare call.</remarks>
public static class TrackedTask
{
    private static readonly ConditionalWeakTable<Task, LockFork> s_forks = [];
    private static int s_blockedInPool; // interlocked: threads of the pool that block here for work of the pool

    /// <summary>As <see cref="Task.Run(Func{Task})"/>.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <returns>The task; wait for it with <see cref="Join(Task, LockValidator, string, int)"/> or <see cref="Wait(Task, LockValidator, string, int)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is null.</exception>
    public static Task Run(Func<Task> work, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!LockValidatorSwitch.IsEnabled)
        {
            return Task.Run(work);
        }

        (LockValidator judge, LockFork fork) = Begin(validator);
        return Known(fork, Task.Run(() =>
        {
            judge.EnterFork(fork); // seen by all of the task, which has an execution context of its own
            return work();
        }));
    }

    /// <summary>As <see cref="Task.Run{TResult}(Func{Task{TResult}})"/>.</summary>
    /// <typeparam name="TResult">What the task gives.</typeparam>
    /// <inheritdoc cref="Run(Func{Task}, LockValidator)"/>
    public static Task<TResult> Run<TResult>(Func<Task<TResult>> work, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!LockValidatorSwitch.IsEnabled)
        {
            return Task.Run(work);
        }

        (LockValidator judge, LockFork fork) = Begin(validator);
        Task<TResult> task = Task.Run(() =>
        {
            judge.EnterFork(fork); // seen by all of the task, which has an execution context of its own
            return work();
        });
        Known(fork, task);
        return task;
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
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
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
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
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

    /// <inheritdoc cref="Join(Task, LockValidator, string, int)"/>
    /// <typeparam name="TResult">What the task gives.</typeparam>
    public static Task<TResult> Join<TResult>(
        Task<TResult> task, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        Join((Task)task, validator, file, line);
        return task;
    }

    /// <summary>
    /// Blocks until a task has ended, with everything that this thread and this flow hold, in the context that the thread runs in: in place of
    /// <c>Task.Wait()</c> and <c>GetAwaiter().GetResult()</c>.
    /// </summary>
    /// <param name="task">The task. What it takes is known if it was started here; a method that is called and blocked for at once is best called by the overload.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it has not waited then.</exception>
    /// <remarks>Throws what the task threw, not wrapped.</remarks>
    public static void Wait(Task task, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (LockValidatorSwitch.IsEnabled)
        {
            Block(task, null, validator ?? LockValidator.Default, file, line);
        }
        else
        {
            task.GetAwaiter().GetResult();
        }
    }

    /// <summary>The same for a task with a result: in place of <c>Task.Result</c>.</summary>
    /// <typeparam name="TResult">What the task gives.</typeparam>
    /// <returns>The result.</returns>
    /// <inheritdoc cref="Wait(Task, LockValidator, string, int)"/>
    public static TResult Wait<TResult>(
        Task<TResult> task, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        Wait((Task)task, validator, file, line);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>
    /// Calls an asynchronous method and blocks until it has ended: in place of <c>WorkAsync().Wait()</c>. What the method takes counts under what this thread and
    /// this flow hold, and each of its awaits that wants to go on in a context with one thread, in which this thread blocks, is seen.
    /// </summary>
    /// <param name="work">The method. It begins on this thread.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is null.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; it has not waited then.</exception>
    /// <remarks>
    /// Throws what the method threw, not wrapped. In a context with one thread (<see cref="ExclusiveContext.For"/>) the method begins with a
    /// <see cref="SynchronizationContext"/> of the validator's that hands everything on to the one which was there.
    /// </remarks>
    public static void Wait(Func<Task> work, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!LockValidatorSwitch.IsEnabled)
        {
            work().GetAwaiter().GetResult();
            return;
        }

        LockValidator judge = validator ?? LockValidator.Default;
        ExclusiveContext? context = ExclusiveContext.Current;
        LockFork fork = new() { IsExplicit = true, Guards = judge.HeldByThread(), NeedsPool = context is null };
        FlowNode? before = judge.EnterFork(fork);
        Task task;
        try
        {
            task = WatchedContext.Begin(work, context, () => judge.NoteContext(fork, context!, file, line));
        }
        finally
        {
            judge.LeaveFork(before);
        }

        Block(task, fork, judge, file, line);
    }

    /// <summary>The same for a method with a result: in place of <c>WorkAsync().Result</c>.</summary>
    /// <typeparam name="TResult">What the method gives.</typeparam>
    /// <returns>The result.</returns>
    /// <inheritdoc cref="Wait(Func{Task}, LockValidator, string, int)"/>
    public static TResult Wait<TResult>(
        Func<Task<TResult>> work, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(work);
        Task<TResult>? task = null;
        Wait((Func<Task>)(() => task = work()), validator, file, line);
        return task!.GetAwaiter().GetResult();
    }

    private static void Block(Task task, LockFork? known, LockValidator judge, string? file, int line)
    {
        LockFork? fork = known ?? (s_forks.TryGetValue(task, out LockFork? started) ? started : null);
        if (task.IsCompleted || fork is not { NeedsPool: true } || !Thread.CurrentThread.IsThreadPoolThread)
        {
            judge.NoteBlocking(fork, 0, file, line);
            task.GetAwaiter().GetResult();
            return;
        }

        int blocked = Interlocked.Increment(ref s_blockedInPool);
        try
        {
            judge.NoteBlocking(fork, blocked, file, line);
            task.GetAwaiter().GetResult();
        }
        finally
        {
            Interlocked.Decrement(ref s_blockedInPool);
        }
    }

    private static (LockValidator Judge, LockFork Fork) Begin(LockValidator? validator)
    {
        LockValidator judge = validator ?? LockValidator.Default;
        return (judge, new LockFork { IsExplicit = true, Guards = judge.HeldByThread(), NeedsPool = true });
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
