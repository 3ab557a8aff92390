// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Information about a task for the method that awaits it: the method acquires a permit, takes over locks of the ended method, or has
/// waited for started work.
/// </summary>
internal sealed class TaskNote
{
    /// <summary>Of a chain of continuations so many are looked at, from its end.</summary>
    public const int MostContinued = 16;

    private static readonly ConditionalWeakTable<object, TaskNote> s_notes = []; // by the task, or by the object inside a ValueTask

    // A wait that completes synchronously may return a shared task. It is awaited immediately, on the same thread.
    [ThreadStatic]
    private static object? t_recentTask;

    [ThreadStatic]
    private static TaskNote? t_recent;

    private static bool s_isAny; // never reset; while false, no lookup is needed

    private int _ended; // 1 after the first wait for it has ended; interlocked
    private int _taken; // 1 when the permit has its holder; interlocked

    public SemaphoreState? Semaphore { get; init; }

    public PendingHold Pending { get; init; }

    /// <summary>The lock that the asynchronous method still held when it ended.</summary>
    public FlowNode? Carried { get; init; }

    public LockFork? Fork { get; init; }

    /// <summary>What the task waits for somebody to give.</summary>
    public SignalState? Signal { get; init; }

    /// <summary>The tasks that are waited for together with this one.</summary>
    public Task[]? Parts { get; init; }

    /// <summary>The task that this one continues: it ends before. A chain of continuations may go on for ever, so it is not kept alive.</summary>
    public WeakReference<Task>? Before { get; init; }

    public void Attach(Task task) => Attach(task, task.IsCompleted && Fork is null && Parts is null);

    /// <summary>Attaches the note. If it is read immediately, on this thread, the object need not be unique.</summary>
    public void Attach(object task, bool isRecent)
    {
        Volatile.Write(ref s_isAny, true); // pairs with the read in Find; the awaiting thread got the task from this one
        if (isRecent)
        {
            t_recentTask = task;
            t_recent = this;
        }
        else
        {
            s_notes.AddOrUpdate(task, this);
        }
    }

    /// <summary>Returns the note of a task; null for most tasks.</summary>
    /// <param name="task">The task, or the object inside a ValueTask.</param>
    /// <param name="isTaken">Whether the caller consumes the note, so that no other code gets it.</param>
    public static TaskNote? Find(object? task, bool isTaken = true)
    {
        if (!Volatile.Read(ref s_isAny) || task is null) // pairs with the write in Attach
        {
            return null;
        }

        if (ReferenceEquals(t_recentTask, task))
        {
            TaskNote? recent = t_recent;
            t_recentTask = isTaken ? null : t_recentTask;
            t_recent = isTaken ? null : t_recent;
            return recent;
        }

        return s_notes.TryGetValue(task, out TaskNote? note) ? note : null;
    }

    /// <summary>Whether a wait for the task has already ended: a later reader need not wait.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0; // pairs with the exchange in Ended

    /// <summary>Records that this thread is about to block for the task.</summary>
    public void Blocks(LockCallSite site)
    {
        if (Fork is not null)
        {
            Session.Validator.Join(Fork, blocks: true);
        }

        Signal?.Wait(site);

        foreach (Task part in Parts ?? [])
        {
            TaskCalls.Blocks(part, isSure: true, site);
        }
    }

    /// <summary>Records that the await, or the blocking wait, of the task is over.</summary>
    /// <param name="isTaken">False when a wait with a limit timed out.</param>
    /// <param name="site">The site of the await.</param>
    /// <param name="isAwait">True for an await, which is seen only now; a blocking wait was recorded before.</param>
    /// <param name="isWait">False in what continues the task, which has ended before that began: that others have to wait for it is as true as before.</param>
    public void Ended(bool isTaken, LockCallSite site, bool isAwait, bool isWait = true)
    {
        if (!isWait)
        {
            return; // what the task has taken was passed on when the continuation began
        }

        if (Interlocked.Exchange(ref _ended, 1) != 0) // of several waiters, one has the permit, and one wait was recorded
        {
            return;
        }

        foreach (Task part in Parts ?? [])
        {
            Awaits.Ended(part, site, isAwait);
        }

        LockValidator validator = Session.Validator;
        if (Fork is not null && isAwait)
        {
            validator.Join(Fork, blocks: false);
        }

        if (Signal is not null && isAwait)
        {
            Signal.Wait(site);
        }

        if (Before is not null && isAwait)
        {
            JoinWhatWasBefore();
        }

        TakeOver(isTaken, site);
    }

    private void JoinWhatWasBefore()
    {
        TaskNote? note = this;
        for (int i = 0; i < MostContinued && note?.Before is { } before && before.TryGetTarget(out Task? task); i++)
        {
            note = Find(task, isTaken: false);
            if (note is { Fork: { } fork, HasEnded: false })
            {
                Session.Validator.Join(fork, blocks: false);
            }
        }
    }

    /// <summary>Records that this flow has the permit that the task has waited for, if nobody else has it, and the lock that the ended method has left.</summary>
    public void TakeOver(bool isTaken, LockCallSite site)
    {
        if (Semaphore is not null && isTaken && Interlocked.Exchange(ref _taken, 1) == 0)
        {
            Semaphore.Hold(Pending, site);
        }

        if (Carried is not null)
        {
            Session.Validator.Adopt(Carried, site.Place.Member);
        }
    }
}
