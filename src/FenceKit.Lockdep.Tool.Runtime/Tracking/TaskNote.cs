// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>What is known of a task: the method that awaits it gets a permit, or takes over what the method held that has ended, or waits for work that was started.</summary>
internal sealed class TaskNote
{
    private static readonly ConditionalWeakTable<object, TaskNote> s_notes = []; // by the task, or by what a ValueTask has inside

    // A wait that is over at once gives a task that belongs to everybody. It is awaited right away, on the same thread.
    [ThreadStatic]
    private static object? t_recentTask;

    [ThreadStatic]
    private static TaskNote? t_recent;

    private static bool s_isAny; // only ever set: until then nothing need be looked up

    private int _ended; // interlocked: 1 after the first who waited for it was done

    public SemaphoreState? Semaphore { get; init; }

    public PendingHold Pending { get; init; }

    /// <summary>What the asynchronous method still held when it ended.</summary>
    public FlowNode? Carried { get; init; }

    public LockFork? Fork { get; init; }

    /// <summary>What the task waits for somebody to give.</summary>
    public SignalState? Signal { get; init; }

    /// <summary>The tasks that are waited for with this one.</summary>
    public Task[]? Parts { get; init; }

    public void Attach(Task task) => Attach(task, task.IsCompleted && Fork is null && Parts is null);

    /// <summary>Of something that is asked for right away, on this thread, no object of its own need be there.</summary>
    public void Attach(object task, bool isRecent)
    {
        Volatile.Write(ref s_isAny, true); // pairs with the read in Find; the thread that awaits has the task from this one
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

    /// <summary>What is known of the task; null for most.</summary>
    /// <param name="task">The task, or what a ValueTask has inside.</param>
    /// <param name="isTaken">Whether whoever asks has what it says; no one else has it then.</param>
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

    /// <summary>Whether somebody has waited for it already: one that asks it later need not wait.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0; // pairs with the exchange in Ended

    /// <summary>Who is about to block for the task.</summary>
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

    /// <summary>The await, or the blocking wait, of the task is over.</summary>
    /// <param name="isTaken">False when a limited wait gave up.</param>
    /// <param name="site">Where it was awaited.</param>
    /// <param name="isAwait">True for an await, which is seen only here; who blocks was seen before.</param>
    public void Ended(bool isTaken, LockCallSite site, bool isAwait)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) // one of several has the permit, and one has waited
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

        if (Semaphore is not null && isTaken)
        {
            Semaphore.Hold(Pending, site);
        }

        if (Carried is not null)
        {
            validator.Adopt(Carried, site.Place.Member);
        }
    }
}
