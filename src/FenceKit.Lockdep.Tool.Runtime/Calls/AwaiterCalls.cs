// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for the end of an <c>await</c> in an asynchronous method: the only place where a lock that the await has acquired can be
/// written to the method's execution context.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.TaskAwaiter", CallPlace.StateMachine)]
public static class TaskAwaiterCalls
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GetResult(ref TaskAwaiter target, LockCallSite site)
    {
        Task task = Tasks.Of(ref target);
        target.GetResult();
        Awaits.Ended(task, site);
    }
}

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.TaskAwaiter`1", CallPlace.StateMachine)]
public static class TaskAwaiterOfResultCalls
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T GetResult<T>(ref TaskAwaiter<T> target, LockCallSite site)
    {
        Task<T> task = Tasks<T>.Of(ref target);
        T result = target.GetResult();
        Awaits.Ended(task, result, site);
        return result;
    }
}

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ConfiguredTaskAwaitable/ConfiguredTaskAwaiter", CallPlace.StateMachine)]
public static class ConfiguredTaskAwaiterCalls
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void GetResult(ref ConfiguredTaskAwaitable.ConfiguredTaskAwaiter target, LockCallSite site)
    {
        Task task = Tasks.Of(ref target);
        target.GetResult();
        Awaits.Ended(task, site);
    }
}

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ConfiguredTaskAwaitable`1/ConfiguredTaskAwaiter", CallPlace.StateMachine)]
public static class ConfiguredTaskAwaiterOfResultCalls
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T GetResult<T>(ref ConfiguredTaskAwaitable<T>.ConfiguredTaskAwaiter target, LockCallSite site)
    {
        Task<T> task = Tasks<T>.Of(ref target);
        T result = target.GetResult();
        Awaits.Ended(task, result, site);
        return result;
    }
}

/// <summary>Replacements for blocking in an awaiter.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.TaskAwaiter", CallPlace.Blocking)]
public static class BlockingAwaiterCalls
{
    public static void GetResult(ref TaskAwaiter target, LockCallSite site)
    {
        Task task = Tasks.Of(ref target);
        TaskCalls.Blocks(task, isSure: false, site);
        using HangWatch.Waiting waiting = TaskCalls.Waiting(task, site);
        target.GetResult();
        Awaits.Ended(task, site, isAwait: false);
    }
}

/// <inheritdoc cref="BlockingAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.TaskAwaiter`1", CallPlace.Blocking)]
public static class BlockingAwaiterOfResultCalls
{
    public static T GetResult<T>(ref TaskAwaiter<T> target, LockCallSite site)
    {
        Task<T> task = Tasks<T>.Of(ref target);
        TaskCalls.Blocks(task, isSure: false, site);
        using HangWatch.Waiting waiting = TaskCalls.Waiting(task, site);
        T result = target.GetResult();
        Awaits.Ended(task, result, site, isAwait: false);
        return result;
    }
}

/// <summary>Handles an await that is over.</summary>
internal static class Awaits
{
    public static void Ended(Task? task, LockCallSite site, bool isAwait = true)
    {
        if (TaskNote.Find(task) is { } note)
        {
            note.Ended(isTaken: true, site, isAwait, isWait: !Continued.IsGiven(task));
        }

        if (isAwait && Signals.IsAny)
        {
            Signals.Find(task)?.Wait(site);
        }
    }

    public static void Ended<T>(Task<T>? task, T result, LockCallSite site, bool isAwait = true)
    {
        if (TaskNote.Find(task) is { } note)
        {
            note.Ended(isTaken: result is not false, site, isAwait, isWait: !Continued.IsGiven(task));
        }

        if (isAwait && Signals.IsAny)
        {
            Signals.Find(task)?.Wait(site);
        }
    }
}

/// <summary>Reads the tasks inside awaiters.</summary>
internal static class Tasks
{
    public static Task Of(ref TaskAwaiter awaiter) => Field(ref awaiter);

    public static Task Of(ref ConfiguredTaskAwaitable.ConfiguredTaskAwaiter awaiter) => Field(ref awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_task")]
    private static extern ref Task Field(ref TaskAwaiter awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_task")]
    private static extern ref Task Field(ref ConfiguredTaskAwaitable.ConfiguredTaskAwaiter awaiter);
}

/// <inheritdoc cref="Tasks"/>
internal static class Tasks<T>
{
    public static Task<T> Of(ref TaskAwaiter<T> awaiter) => Field(ref awaiter);

    public static Task<T> Of(ref ConfiguredTaskAwaitable<T>.ConfiguredTaskAwaiter awaiter) => (Task<T>)Field(ref awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_task")]
    private static extern ref Task<T> Field(ref TaskAwaiter<T> awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "m_task")]
    private static extern ref Task<T> Field(ref ConfiguredTaskAwaitable<T>.ConfiguredTaskAwaiter awaiter);
}
