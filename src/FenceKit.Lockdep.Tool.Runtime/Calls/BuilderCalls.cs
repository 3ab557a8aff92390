// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacements for the end of an asynchronous method. Locks that it then holds are passed to the method that awaits it, as by a method
/// that acquires a lock and returns its releaser. A write to the execution context would be undone.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.AsyncTaskMethodBuilder", CallPlace.StateMachine)]
public static class BuilderCalls
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetResult(ref AsyncTaskMethodBuilder target, LockCallSite site)
    {
        if (Session.IsOn && Session.Validator.HoldTakenIn(site.Place.Member) is { } held)
        {
            new TaskNote { Carried = held }.Attach(target.Task);
        }

        target.SetResult();
    }
}

/// <inheritdoc cref="BuilderCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.AsyncTaskMethodBuilder`1", CallPlace.StateMachine)]
public static class BuilderOfResultCalls
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetResult<T>(ref AsyncTaskMethodBuilder<T> target, T result, LockCallSite site)
    {
        if (Session.IsOn && Session.Validator.HoldTakenIn(site.Place.Member) is { } held)
        {
            new TaskNote { Carried = held }.Attach(target.Task);
        }

        target.SetResult(result);
    }
}
