// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Starts and waits for tasks where the validator cannot see it by itself. Locks that a task acquires are checked against the locks of a
/// flow that waits for the task, from the start of the wait. A task that is never waited for causes no finding.
/// </summary>
/// <remarks>Thread safe. With <see cref="LockValidator.IsEnabled"/> off, each method is the bare call.</remarks>
public static class TrackedTask
{
    private static readonly ConditionalWeakTable<Task, LockFork> s_forks = [];
    private static int s_blockedInPool; // the number of pool threads that block here for work of the pool; interlocked

    /// <summary>Like <see cref="Task.Run(Func{Task})"/>.</summary>
    /// <param name="work">The work.</param>
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
            judge.EnterFork(fork); // visible to the whole task, which has its own execution context
            return work();
        }));
    }

    /// <summary>Like <see cref="Task.Run{TResult}(Func{Task{TResult}})"/>.</summary>
    /// <typeparam name="TResult">The type of the task's result.</typeparam>
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
            judge.EnterFork(fork); // visible to the whole task, which has its own execution context
            return work();
        });
        Known(fork, task);
        return task;
    }

    /// <summary>
    /// Calls an asynchronous method that is not awaited while this flow holds its locks (fire and forget): <c>_ = TrackedTask.Start(() =>
    /// WriteAsync());</c> Without this call, locks that the method acquires count as acquired by its caller, as for any call.
    /// </summary>
    /// <param name="work">The method. It starts at once, on this thread.</param>
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

    /// <summary>Announces that this flow awaits a task here, with the locks that it holds: <c>await TrackedTask.Join(task)</c>.</summary>
    /// <param name="task">The task; of a task that was not started through this class, only the await is recorded.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>The same task.</returns>
    /// <remarks>
    /// Does not block. A thread-bound lock that is held here is reported, because the code may continue on another thread.
    /// </remarks>
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

    /// <summary>Like <see cref="Task.WhenAll(Task[])"/>; each task is joined.</summary>
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
    /// <typeparam name="TResult">The type of the task's result.</typeparam>
    public static Task<TResult> Join<TResult>(
        Task<TResult> task, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        Join((Task)task, validator, file, line);
        return task;
    }

    /// <summary>
    /// Blocks until a task has ended, and checks that wait against the locks of this thread and this flow, and against the context of the
    /// thread. A replacement for <c>Task.Wait()</c> and <c>GetAwaiter().GetResult()</c>.
    /// </summary>
    /// <param name="task">
    /// The task. The locks that it acquires are known if it was started through this class; for a method that is called and then blocked
    /// for, prefer the overload with a delegate.
    /// </param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="task"/> is null.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the call has not waited then.
    /// </exception>
    /// <remarks>Throws the task's exception, not wrapped.</remarks>
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

    /// <summary>The overload for a task with a result. A replacement for <c>Task.Result</c>.</summary>
    /// <typeparam name="TResult">The type of the task's result.</typeparam>
    /// <returns>The result.</returns>
    /// <inheritdoc cref="Wait(Task, LockValidator, string, int)"/>
    public static TResult Wait<TResult>(
        Task<TResult> task, LockValidator? validator = null, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        Wait((Task)task, validator, file, line);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>
    /// Calls an asynchronous method and blocks until it has ended. A replacement for <c>WorkAsync().Wait()</c>. The locks that the method
    /// acquires are checked against those of this thread and this flow. An await of the method that has to continue in a single-threaded
    /// context, in which this thread blocks, is detected.
    /// </summary>
    /// <param name="work">The method. It starts on this thread.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is null.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the call has not waited then.
    /// </exception>
    /// <remarks>
    /// Throws the method's exception, not wrapped. In a single-threaded context (<see cref="ExclusiveContext.For"/>), the method starts
    /// with a <see cref="SynchronizationContext"/> of the validator that passes everything on to the original one.
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

    /// <summary>The overload for a method with a result. A replacement for <c>WorkAsync().Result</c>.</summary>
    /// <typeparam name="TResult">The type of the method's result.</typeparam>
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
        s_forks.AddOrUpdate(task, fork); // a method that has already ended may return a shared task
        return task;
    }
}
