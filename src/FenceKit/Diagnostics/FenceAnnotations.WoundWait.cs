// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// Locks of which sets are taken in any order. The context serializes all who take several: it is held around them, and they are nested in
// it, so that a second lock of the class is no recursion. A context counts from its first lock, not from its beginning: until then it stops
// nobody, and its thread may serve others. Nobody ever waits for a context, so taking it is a try.
//
// What is held belongs to the flow that took it, whether it blocked or awaited: it may be held over an await, and be let go on any thread.
internal static partial class FenceAnnotations
{
    private static readonly LockClassOptions s_contextRules = new() { BreaksDeadlocks = true };
    private static readonly ConcurrentDictionary<string, LockClass> s_contexts = new();

    internal static object SetLockMap(string name) => new LockMap(ClassOf("locks of", name));

    internal static object SetContextMap(string name) =>
        new LockMap(s_contexts.GetOrAdd(name, static ofClass => LockClass.Create(Printed($"context of {ofClass}"), s_contextRules)));

    /// <summary>Announces that a lock is about to be waited for. A lock that was tried is announced by <see cref="HoldOfSet"/> alone.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="context">The context, or null for a lock that is taken alone.</param>
    /// <param name="attempt">How it waits.</param>
    internal static void WantOfSet(object map, object? context, SetLockAttempt attempt)
    {
        bool isAwait = attempt is SetLockAttempt.Await or SetLockAttempt.AwaitTimed;
        if (isAwait && IsInCallback)
        {
            return;
        }

        LockValidator validator = Current.Validator;
        bool isFirst = context is not null && !validator.IsHeld(context);
        if (isFirst)
        {
            validator.Acquire((LockMap)context!, new LockAcquireOptions { Attempt = LockAttempt.Try }, file: null, line: 0);
        }

        try
        {
            LockAcquireOptions options = OptionsOf(context, attempt);
            if (isAwait)
            {
                validator.Await((LockMap)map, options, file: null, line: 0);
            }
            else
            {
                validator.MightAcquire((LockMap)map, options, file: null, line: 0);
            }
        }
        finally
        {
            if (isFirst)
            {
                validator.Release(context!);
            }
        }
    }

    /// <summary>Announces that from now on the flow has the lock.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="context">The context, or null for a lock that is taken alone.</param>
    /// <param name="attempt">How it was waited for.</param>
    /// <param name="contextHold">Gets the hold of the context with the first of its locks.</param>
    /// <returns>What <see cref="ReleaseOfSet"/> takes.</returns>
    internal static object HoldOfSet(object map, object? context, SetLockAttempt attempt, ref object? contextHold)
    {
        LockValidator validator = Current.Validator;
        bool isFirst = context is not null && !validator.IsHeld(context);
        LockHold ofContext = isFirst ? HoldContext(validator, context!) : default;
        SetLockAttempt how = IsInCallback ? SetLockAttempt.Try : attempt; // a continuation that runs there has not waited there
        bool isHeld = false;
        try
        {
            LockHold hold = validator.Hold((LockMap)map, OptionsOf(context, how), file: null, line: 0);
            isHeld = true;
            contextHold = isFirst ? Keep(validator, ofContext) : contextHold;
            return Keep(validator, hold);
        }
        finally
        {
            if (!isHeld)
            {
                ofContext.Dispose();
            }
        }
    }

    internal static void ReleaseOfSet(object hold) => ((LockHold)hold).Dispose();

    /// <summary>The flow that runs here has it, instead of the method that took it and returned.</summary>
    internal static void AdoptOfSet(object hold) => ((LockHold)hold).Adopt();

    // Not at the expense of a callback that may not allocate.
#pragma warning disable CA1859 // Boxed on purpose: the code that keeps it names no type of the validator.
    private static object Keep(LockValidator validator, LockHold hold)
    {
        if (t_schedules == 0)
        {
            return hold;
        }

        using (validator.Suppress("what is noted of a lock of a set"))
        {
            return hold;
        }
    }
#pragma warning restore CA1859

    private static LockHold HoldContext(LockValidator validator, object context) =>
        validator.Hold((LockMap)context, new LockAcquireOptions { Attempt = LockAttempt.Try }, file: null, line: 0);

    private static LockAcquireOptions OptionsOf(object? context, SetLockAttempt attempt) => new()
    {
        NestedIn = context,
        Attempt = attempt switch
        {
            SetLockAttempt.Try => LockAttempt.Try,
            SetLockAttempt.Timed or SetLockAttempt.AwaitTimed => LockAttempt.Timed,
            _ => LockAttempt.Blocking,
        },
    };

    internal static void ReportProtocol(object map, string message) => Current.Validator.ReportProtocol((LockMap)map, message);

    internal static void ReportNotHeld(object map) => Current.Validator.AssertHeld(map);
}
