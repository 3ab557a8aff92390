// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// Locks of which sets are taken in any order. The context serializes all who take several: it is held around them, and they are nested in
// it, so that a second lock of the class is no recursion. A context counts from its first lock, not from its beginning: until then it stops
// nobody, and its thread may serve others. Nobody ever waits for a context, so taking it is a try.
//
// What is held counts on the thread that took it. A lock that was awaited belongs to no thread: it is judged where it is wanted, and not held.
internal static partial class FenceAnnotations
{
    private static readonly LockClassOptions s_contextRules = new() { BreaksDeadlocks = true };
    private static readonly ConcurrentDictionary<string, LockClass> s_contexts = new();

    internal static object SetLockMap(string name) => new LockMap(ClassOf("locks of", name));

    internal static object SetContextMap(string name) =>
        new LockMap(s_contexts.GetOrAdd(name, static ofClass => LockClass.Create(Printed($"context of {ofClass}"), s_contextRules)));

    /// <summary>The thread is about to take one lock of a set, or has taken it by a try.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="context">The context, or null for a lock that is taken alone.</param>
    /// <param name="attempt">How it waits.</param>
    /// <param name="contextHold">Who the context counts as held by, or null.</param>
    /// <returns>Who the lock counts as held by; null for an awaited lock.</returns>
    internal static object? AcquireOfSet(object map, object? context, SetLockAttempt attempt, ref object? contextHold)
    {
        if (attempt == SetLockAttempt.Await && IsInCallback)
        {
            return null;
        }

        LockValidator validator = Current.Validator;
        LockAttempt how = attempt switch
        {
            SetLockAttempt.Try => LockAttempt.Try,
            SetLockAttempt.Timed => LockAttempt.Timed,
            _ => LockAttempt.Blocking,
        };
        bool isFirst = context is not null && !validator.IsHeld(context);
        if (isFirst)
        {
            contextHold = validator.Acquire((LockMap)context!, new LockAcquireOptions { Attempt = LockAttempt.Try }, file: null, line: 0);
        }

        object? hold = null;
        try
        {
            hold = validator.Acquire((LockMap)map, new LockAcquireOptions { Attempt = how, NestedIn = context }, file: null, line: 0);
            if (attempt == SetLockAttempt.Await)
            {
                validator.Release(map);
            }
        }
        finally
        {
            if (isFirst && (hold is null || attempt == SetLockAttempt.Await))
            {
                contextHold = null;
                validator.Release(context!);
            }
        }

        return attempt == SetLockAttempt.Await ? null : hold;
    }

    /// <summary>What the hold counted for has ended, on whichever thread.</summary>
    internal static void ReleaseOfSet(object map, object hold)
    {
        LockValidator validator = Current.Validator;
        if (validator.IsHeld(map))
        {
            validator.Release(map);
        }
        else
        {
            ((LockHolder)hold).ReleaseFromAnotherThread(map);
        }
    }

    internal static void ReportProtocol(object map, string message) => Current.Validator.ReportProtocol((LockMap)map, message);

    internal static void ReportNotHeld(object map) => Current.Validator.AssertHeld(map);
}
