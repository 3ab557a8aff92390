// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Rules;

/// <summary>The result of checking an acquisition against held locks of the same class.</summary>
internal enum RecursionVerdict
{
    /// <summary>No lock of the class is held, or the order inside the class is declared: dependencies are added as usual.</summary>
    Proceed,

    /// <summary>Allowed or reported, and the order is already known: no dependencies are added.</summary>
    AddNothing,

    /// <summary>The same thread already holds the same lock, which is allowed.</summary>
    Reentry,
}

/// <summary>
/// Checks the acquisition of a lock when the thread already holds it or another one of its class. Looks only at the thread's own state, so
/// user code may be called.
/// </summary>
internal static class RecursionRule
{
    public static RecursionVerdict Check(Acquisition wanted, List<LockViolation> violations)
    {
        if (MostRestrictiveHold(wanted) is { } same)
        {
            return SameInstance(same, wanted, violations);
        }

        RecursionVerdict verdict = RecursionVerdict.Proceed;
        foreach (SituationItem held in wanted.Held)
        {
            if (verdict == RecursionVerdict.Proceed && IsSameNode(held, wanted))
            {
                verdict = OtherInstance(held, wanted, violations);
            }
        }

        return verdict;
    }

    // A reader under its own upgradeable hold blocks the upgrade, so it counts before the upgradeable hold.
    private static SituationItem? MostRestrictiveHold(Acquisition wanted)
    {
        SituationItem? found = null;
        foreach (SituationItem held in wanted.Held)
        {
            if (ReferenceEquals(held.Map, wanted.Map) && (found is null || found.Value.Mode == LockAcquireMode.Upgradeable))
            {
                found = held;
            }
        }

        return found;
    }

    private static bool IsSameNode(SituationItem held, Acquisition wanted)
        => ReferenceEquals(held.Class, wanted.Class) && held.Record.Subclass == wanted.Record.Subclass;

    private static bool IsBelow(Acquisition wanted, object outer, SituationItem held)
    {
        foreach (HeldEntry entry in wanted.Stack.Entries)
        {
            if (ReferenceEquals(entry.Instance, outer))
            {
                return true;
            }

            if (ReferenceEquals(entry.Record, held.Record))
            {
                return false;
            }
        }

        return false;
    }

    private static RecursionVerdict SameInstance(SituationItem held, Acquisition wanted, List<LockViolation> violations)
    {
        bool isReentrant = wanted.Map.IsReentrant || wanted.Class.Options.IsReentrant || wanted.Record.Shape.IsReentrant;
        if (wanted.Attempt == LockAttempt.Try)
        {
            return isReentrant ? RecursionVerdict.Reentry : RecursionVerdict.AddNothing;
        }

        if (held.Mode == LockAcquireMode.Upgradeable && wanted.Mode is LockAcquireMode.Exclusive or LockAcquireMode.Shared)
        {
            return wanted.Mode == LockAcquireMode.Exclusive ? RecursionVerdict.AddNothing : RecursionVerdict.Reentry;
        }

        bool bothRead = held.Record.IsReader && wanted.Record.IsReader;
        if (isReentrant && (bothRead || held.Mode == LockAcquireMode.Exclusive))
        {
            return RecursionVerdict.Reentry;
        }

        if (held.Record.IsReader && wanted.Mode == LockAcquireMode.SharedRecursive)
        {
            return RecursionVerdict.Reentry;
        }

        bool blocksItself = held.Mode == LockAcquireMode.Exclusive || wanted.Mode == LockAcquireMode.Exclusive
            || (held.Mode == LockAcquireMode.Upgradeable && wanted.Mode == LockAcquireMode.Upgradeable);
        bool needsMore = wanted.Map.Capacity > 1 || !blocksItself;
        string message = needsMore
            ? $"{wanted.Map} is taken again by its holder; that hangs as soon as another thread {(wanted.Map.Capacity > 1 ? "takes the last permit" : "waits to write")}."
            : $"{wanted.Map} is taken by a thread that holds it already and waits for itself.";
        bool isUncertain = Array.IndexOf(wanted.Uncertain, held.Map) >= 0;
        LockConfidence confidence = needsMore || wanted.Attempt == LockAttempt.Timed ? LockConfidence.Possible
            : isUncertain ? LockConfidence.Likely
            : LockConfidence.Certain;
        LockViolation report = Report(held, wanted, confidence, message);
        violations.Add(confidence == LockConfidence.Likely ? report with { Assumption = Acquisition.IsAwaited([held.Map]) } : report);
        return RecursionVerdict.AddNothing;
    }

    private static RecursionVerdict OtherInstance(SituationItem held, Acquisition wanted, List<LockViolation> violations)
    {
        if (wanted.Attempt == LockAttempt.Try)
        {
            return RecursionVerdict.Proceed;
        }

        if (held.Record.IsReader && wanted.Mode == LockAcquireMode.SharedRecursive)
        {
            return RecursionVerdict.AddNothing;
        }

        // Only a lock acquired before both can serialize them.
        if (wanted.NestedIn is { } outer && IsBelow(wanted, outer, held))
        {
            return RecursionVerdict.AddNothing;
        }

        if (wanted.Class.Options.Order is { } order)
        {
            int comparison = order(held.Map.Subject, wanted.Map.Subject);
            if (comparison < 0)
            {
                return RecursionVerdict.Proceed;
            }

            violations.Add(Report(held, wanted, LockConfidence.Possible,
                $"{wanted.Map} is taken inside {held.Map}; the declared order of their class does not put it after (it compares as {comparison})."));
            return RecursionVerdict.AddNothing;
        }

        violations.Add(Report(held, wanted, LockConfidence.Possible,
            $"{wanted.Map} is taken inside {held.Map}, another lock of the same class, and nothing says in which order they may be taken."));
        return RecursionVerdict.AddNothing;
    }

    private static LockViolation Report(SituationItem held, Acquisition wanted, LockConfidence confidence, string message)
    {
        HeldLock first = held.Describe();
        HeldLock second = wanted.Describe();
        bool isSame = ReferenceEquals(held.Map, wanted.Map);
        return wanted.Violation(LockViolationKind.Recursion, confidence, message) with
        {
            Key = $"{LockViolationKind.Recursion}|{first.ClassName}",
            Dependencies = [new LockViolationEdge(first, second, wanted.Thread, wanted.DescribeHeld())],
            Table = isSame ? Interleavings.Self(first, second) : Interleavings.Pair(first, second),
            Assumption = isSame && confidence == LockConfidence.Certain ? null
                : isSame ? "another thread arrives between the two" : "two threads take two such locks in opposite orders",
        };
    }
}
