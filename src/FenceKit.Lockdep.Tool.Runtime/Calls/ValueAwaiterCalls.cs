// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ValueTaskAwaiter", CallPlace.StateMachine)]
public static class ValueAwaiterCalls
{
    public static void GetResult(ref ValueTaskAwaiter target, LockCallSite site)
    {
        object? inside = ValueTasks.ObjectOf(ref target);
        target.GetResult();
        ValueTasks.Ended(inside, site, isAwait: true);
    }
}

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ValueTaskAwaiter`1", CallPlace.StateMachine)]
public static class ValueAwaiterOfResultCalls
{
    public static T GetResult<T>(ref ValueTaskAwaiter<T> target, LockCallSite site)
    {
        object? inside = ValueTasks<T>.ObjectOf(ref target);
        T result = target.GetResult();
        ValueTasks.Ended(inside, site, isAwait: true);
        return result;
    }
}

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable/ConfiguredValueTaskAwaiter", CallPlace.StateMachine)]
public static class ConfiguredValueAwaiterCalls
{
    public static void GetResult(ref ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter target, LockCallSite site)
    {
        object? inside = ValueTasks.ObjectOf(ref target);
        target.GetResult();
        ValueTasks.Ended(inside, site, isAwait: true);
    }
}

/// <inheritdoc cref="TaskAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable`1/ConfiguredValueTaskAwaiter", CallPlace.StateMachine)]
public static class ConfiguredValueAwaiterOfResultCalls
{
    public static T GetResult<T>(ref ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter target, LockCallSite site)
    {
        object? inside = ValueTasks<T>.ObjectOf(ref target);
        T result = target.GetResult();
        ValueTasks.Ended(inside, site, isAwait: true);
        return result;
    }
}

/// <inheritdoc cref="BlockingAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ValueTaskAwaiter", CallPlace.Blocking)]
public static class BlockingValueAwaiterCalls
{
    public static void GetResult(ref ValueTaskAwaiter target, LockCallSite site)
    {
        object? inside = ValueTasks.ObjectOf(ref target);
        TaskCalls.Blocks(inside as Task, isSure: false, site);
        target.GetResult();
        ValueTasks.Ended(inside, site, isAwait: false);
    }
}

/// <inheritdoc cref="BlockingAwaiterCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ValueTaskAwaiter`1", CallPlace.Blocking)]
public static class BlockingValueAwaiterOfResultCalls
{
    public static T GetResult<T>(ref ValueTaskAwaiter<T> target, LockCallSite site)
    {
        object? inside = ValueTasks<T>.ObjectOf(ref target);
        TaskCalls.Blocks(inside as Task, isSure: false, site);
        T result = target.GetResult();
        ValueTasks.Ended(inside, site, isAwait: false);
        return result;
    }
}
