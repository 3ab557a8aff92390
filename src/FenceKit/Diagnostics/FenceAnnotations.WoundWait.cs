// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep;

namespace FenceKit.Diagnostics;

// Reports of wound-wait locks. To the validator a context is an outer lock, in which the locks of a set are nested, so that a second lock of
// the class is no recursion. The context is reported as held from its first lock on: before that it blocks nobody. Nobody ever waits for a
// context, so acquiring it is a try.
//
// A held lock belongs to the async flow that took it: it may be held over an await, and released on any thread.
internal static partial class FenceAnnotations
{
    private static readonly LockClassOptions s_contextRules = new() { BreaksDeadlocks = true };
    private static readonly ConcurrentDictionary<string, LockClass> s_contexts = new();

    internal static object SetLockMap(string name) => new LockMap(ClassOf("locks of", name));

    internal static object SetContextMap(string name) =>
        new LockMap(s_contexts.GetOrAdd(name, static ofClass => LockClass.Create(Sanitize($"context of {ofClass}"), s_contextRules)));

    /// <summary>Reports that a lock is about to be waited for. A lock that was taken by a try is reported only by <see cref="HoldSetLock"/>.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="context">The context; null for a lock that is taken without one.</param>
    /// <param name="attempt">The way of waiting.</param>
    internal static void WantSetLock(object map, object? context, SetLockAttempt attempt)
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

    /// <summary>Reports that the flow holds the lock from now on.</summary>
    /// <param name="map">The lock.</param>
    /// <param name="context">The context; null for a lock that is taken without one.</param>
    /// <param name="attempt">The way in which the lock was acquired.</param>
    /// <param name="contextHold">Set to the hold of the context when the first of its locks is taken.</param>
    /// <returns>The hold of the lock, to be passed to <see cref="ReleaseSetLock"/>.</returns>
    internal static object HoldSetLock(object map, object? context, SetLockAttempt attempt, ref object? contextHold)
    {
        LockValidator validator = Current.Validator;
        bool isFirst = context is not null && !validator.IsHeld(context);
        LockHold ofContext = isFirst ? HoldContext(validator, context!) : default;
        SetLockAttempt how = IsInCallback ? SetLockAttempt.Try : attempt; // a continuation that runs inside a callback has not blocked the callback
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

    internal static void ReleaseSetLock(object hold) => ((LockHold)hold).Dispose();

    /// <summary>Moves a hold to the calling flow from the async method that took the lock and has returned.</summary>
    internal static void AdoptSetLock(object hold) => ((LockHold)hold).Adopt();

    // Boxes a hold. The allocation is not reported against a callback that must not allocate.
#pragma warning disable CA1859 // Boxed on purpose: the caller must not name a type of the validator.
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
