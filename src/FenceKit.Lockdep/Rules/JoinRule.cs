// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;

namespace FenceKit.Lockdep.Rules;

/// <summary>
/// Checks whether a started task wants a lock whose holder waits for the task. Reentrancy does not help, because the task is another flow.
/// </summary>
internal static class JoinRule
{
    public static RecursionVerdict Check(Acquisition wanted, SituationItem[] outer, bool blocks, List<LockViolation> violations)
    {
        foreach (SituationItem held in outer)
        {
            if (ReferenceEquals(held.Map, wanted.Map) && Excludes(held, wanted))
            {
                violations.Add(Report(held, wanted, blocks));
                return RecursionVerdict.AddNothing;
            }
        }

        return RecursionVerdict.Proceed;
    }

    private static bool Excludes(SituationItem held, Acquisition wanted)
        => held.Mode == LockAcquireMode.Exclusive || wanted.Mode == LockAcquireMode.Exclusive
            || (held.Mode == LockAcquireMode.Upgradeable && wanted.Mode == LockAcquireMode.Upgradeable);

    private static LockViolation Report(SituationItem held, Acquisition wanted, bool blocks)
    {
        HeldLock first = held.Describe();
        HeldLock second = wanted.Describe();
        bool isSure = wanted.Map.Capacity == 1 && wanted.Attempt == LockAttempt.Blocking;
        string message = wanted.Map.IsContext
            ? $"{wanted.Map} runs one thing at a time and is blocked in for a task that has to go on there: it waits for itself."
            : $"{wanted.Map} is wanted by a task for which its holder {(blocks ? "blocks" : "waits")}: it waits for itself.";
        bool isUncertain = isSure && Array.IndexOf(wanted.Uncertain, held.Map) >= 0;
        LockConfidence confidence = isUncertain ? LockConfidence.Likely : isSure ? LockConfidence.Certain : LockConfidence.Possible;
        return wanted.Violation(LockViolationKind.Recursion, confidence, message) with
        {
            Key = $"{LockViolationKind.Recursion}|task|{first.ClassName}",
            Dependencies = [new LockViolationEdge(first, second, wanted.Thread, wanted.DescribeHeld())],
            Table = Interleavings.Task(first, second, blocks),
            Assumption = isUncertain ? Acquisition.IsAwaited([held.Map])
                : isSure ? null
                : wanted.Map.Capacity > 1 ? "others have the remaining permits" : "the time limit is run into again and again",
        };
    }
}
