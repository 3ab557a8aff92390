// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// What the end of an asynchronous method becomes: what it holds then it hands to the method that awaits it, as a method does that takes a lock and returns its releaser.
/// What it writes into its flow would be undone.
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
