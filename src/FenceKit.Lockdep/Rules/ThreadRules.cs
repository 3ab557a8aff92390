// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Rules;

/// <summary>Rules that need no graph, only the locks that the thread holds and the section it is in.</summary>
internal static class ThreadRules
{
    public static void CheckNesting(Acquisition wanted, List<LockViolation> violations)
    {
        if (wanted.NestedIn is { } outer && wanted.Stack.IndexOf(outer) < 0)
        {
            string name = outer is LockMap map ? map.ToString() : outer.GetType().Name;
            violations.Add(wanted.Violation(
                LockViolationKind.InvalidNesting,
                LockConfidence.Certain,
                $"{wanted.Map} is taken as nested in {name}, which this thread does not hold."));
        }
    }

    public static void CheckWaitType(Acquisition wanted, List<LockViolation> violations)
    {
        LockWaitType needed = OuterOf(wanted.Class);
        if (needed == LockWaitType.Unspecified || wanted.Attempt == LockAttempt.Try)
        {
            return;
        }

        LockWaitType limit = wanted.Stack.WaitLimit;
        LockMap? limitedBy = null;
        foreach (SituationItem held in wanted.Held)
        {
            LockClassOptions options = held.Class.Options;
            if (!held.Record.Context.Equals(wanted.Record.Context) || options.WaitTypeInner == LockWaitType.Unspecified)
            {
                continue;
            }

            if (options.OverridesWaitType || options.WaitTypeInner < limit)
            {
                limit = options.WaitTypeInner;
                limitedBy = held.Map;
            }
        }

        if (needed > limit)
        {
            string where = limitedBy is null ? "in this context" : $"inside {limitedBy}";
            violations.Add(wanted.Violation(
                LockViolationKind.InvalidWaitContext,
                LockConfidence.Certain,
                $"{wanted.Map} waits as {needed}, but {where} nothing heavier than {limit} may wait."));
        }
    }

    public static void CheckNoWaitSection(Acquisition wanted, List<LockViolation> violations)
    {
        if (wanted.Record.Shape is { IsWait: true, IsAwait: false } && wanted.Stack.InNoWaitSection)
        {
            violations.Add(wanted.Violation(
                LockViolationKind.WaitInSection,
                LockConfidence.Certain,
                $"{wanted.Map} is waited for inside a section that must not wait."));
        }
    }

    private static LockWaitType OuterOf(LockClass lockClass)
        => lockClass.Options.WaitTypeOuter == LockWaitType.Unspecified ? lockClass.Options.WaitTypeInner : lockClass.Options.WaitTypeOuter;
}
