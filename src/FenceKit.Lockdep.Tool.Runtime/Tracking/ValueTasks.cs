// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Instrumentation;

/// <summary>
/// Transfers from asynchronous methods that return a <see cref="ValueTask"/>. If such a method completes synchronously, there is no object
/// to identify it by; its caller awaits it immediately, on the same thread.
/// </summary>
internal static class ValueTasks
{
    private static readonly object s_atOnce = new();

    /// <summary>Called when the method ends: passes its locks to the code that awaits it.</summary>
    public static void HandOn<TBuilder>(ref TBuilder builder, LockCallSite site)
        where TBuilder : struct
    {
        if (Session.IsOn && Session.Validator.HoldTakenIn(site.Place.Member) is { } held)
        {
            object? inside = BuilderField<TBuilder>.Of(ref builder);
            new TaskNote { Carried = held }.Attach(inside ?? s_atOnce, isRecent: inside is null);
        }
    }

    /// <summary>Called when an asynchronous iterator has given an item at once: passes the locks that it holds to the code that awaits the item.</summary>
    public static void PassOnAtOnce(object iterator)
    {
        if (Session.IsOn && TaskNote.Find(iterator) is { HasEnded: false } note)
        {
            note.Attach(s_atOnce, isRecent: true);
        }
    }

    public static void Ended(object? inside, LockCallSite site, bool isAwait)
    {
        if (TaskNote.Find(inside ?? s_atOnce) is { } note)
        {
            note.Ended(isTaken: true, site, isAwait);
        }

        if (isAwait && inside is not null && Signals.IsAny)
        {
            Signals.Find(inside)?.Wait(site);
        }
    }

    public static object? ObjectOf(ref ValueTaskAwaiter awaiter) => Object(ref Value(ref awaiter));

    public static object? ObjectOf(ref ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter awaiter) => Object(ref Value(ref awaiter));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_value")]
    private static extern ref ValueTask Value(ref ValueTaskAwaiter awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_value")]
    private static extern ref ValueTask Value(ref ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_obj")]
    private static extern ref object? Object(ref ValueTask task);
}

/// <inheritdoc cref="ValueTasks"/>
internal static class ValueTasks<T>
{
    public static object? ObjectOf(ref ValueTask<T> task) => Object(ref task);

    public static object? ObjectOf(ref ValueTaskAwaiter<T> awaiter) => Object(ref Value(ref awaiter));

    public static object? ObjectOf(ref ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter awaiter) => Object(ref Value(ref awaiter));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_value")]
    private static extern ref ValueTask<T> Value(ref ValueTaskAwaiter<T> awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_value")]
    private static extern ref ValueTask<T> Value(ref ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter awaiter);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_obj")]
    private static extern ref object? Object(ref ValueTask<T> task);
}
