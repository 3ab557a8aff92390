// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <inheritdoc cref="BuilderCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.AsyncValueTaskMethodBuilder", CallPlace.StateMachine)]
public static class ValueBuilderCalls
{
    public static void SetResult(ref AsyncValueTaskMethodBuilder target, LockCallSite site)
    {
        ValueTasks.HandOn(ref target, site);
        target.SetResult();
    }
}

/// <inheritdoc cref="BuilderCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.AsyncValueTaskMethodBuilder`1", CallPlace.StateMachine)]
public static class ValueBuilderOfResultCalls
{
    public static void SetResult<T>(ref AsyncValueTaskMethodBuilder<T> target, T result, LockCallSite site)
    {
        ValueTasks.HandOn(ref target, site);
        target.SetResult(result);
    }
}

/// <inheritdoc cref="BuilderCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder", CallPlace.StateMachine)]
public static class PoolingBuilderCalls
{
    public static void SetResult(ref PoolingAsyncValueTaskMethodBuilder target, LockCallSite site)
    {
        ValueTasks.HandOn(ref target, site);
        target.SetResult();
    }
}

/// <inheritdoc cref="BuilderCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder`1", CallPlace.StateMachine)]
public static class PoolingBuilderOfResultCalls
{
    public static void SetResult<T>(ref PoolingAsyncValueTaskMethodBuilder<T> target, T result, LockCallSite site)
    {
        ValueTasks.HandOn(ref target, site);
        target.SetResult(result);
    }
}
