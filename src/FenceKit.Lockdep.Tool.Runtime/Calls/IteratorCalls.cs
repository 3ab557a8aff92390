// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Replacement for what an asynchronous iterator does at each <c>yield return</c> and at its end. A lock that it then holds is held while its caller works on the item,
/// but the caller's execution context knows nothing of it, so it is passed to the caller, by a note with the iterator as its key.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Threading.Tasks.Sources.ManualResetValueTaskSourceCore`1", CallPlace.StateMachine)]
public static class IteratorCalls
{
    public static void SetResult<T>(ref ManualResetValueTaskSourceCore<T> target, T result, object? owner, LockCallSite site)
    {
        if (Session.IsOn && owner is not null && Session.Validator.HoldTakenIn(site.Place.Member) is { } held)
        {
            new TaskNote { Carried = held }.Attach(owner, isRecent: false);
        }

        target.SetResult(result);
    }
}

/// <summary>
/// Replacement for asking an asynchronous iterator for its next item. If the item is there at once, the result does not say which iterator it is from, so the note is
/// passed on under the key of results that are awaited at once, on the same thread.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Collections.Generic.IAsyncEnumerator`1")]
public static class EnumeratorCalls
{
    public static ValueTask<bool> MoveNextAsync<T>(IAsyncEnumerator<T> target)
    {
        ValueTask<bool> next = target.MoveNextAsync();
        if (next.IsCompletedSuccessfully)
        {
            ValueTasks.PassOnAtOnce(target);
        }

        return next;
    }
}

/// <inheritdoc cref="EnumeratorCalls"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[StackTraceHidden]
[Replaces("System.Runtime.CompilerServices.ConfiguredCancelableAsyncEnumerable`1/Enumerator")]
public static class ConfiguredEnumeratorCalls
{
    public static ConfiguredValueTaskAwaitable<bool> MoveNextAsync<T>(ref ConfiguredCancelableAsyncEnumerable<T>.Enumerator target)
    {
        ConfiguredValueTaskAwaitable<bool> next = target.MoveNextAsync();
        if (Session.IsOn && next.GetAwaiter().IsCompleted)
        {
            ValueTasks.PassOnAtOnce(Enumerators<T>.Of(ref target));
        }

        return next;
    }
}

/// <summary>Reads the enumerator that a configured one stands for.</summary>
internal static class Enumerators<T>
{
    public static IAsyncEnumerator<T> Of(ref ConfiguredCancelableAsyncEnumerable<T>.Enumerator configured) => Field(ref configured);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_enumerator")]
    private static extern ref IAsyncEnumerator<T> Field(ref ConfiguredCancelableAsyncEnumerable<T>.Enumerator configured);
}
