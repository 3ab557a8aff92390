// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Suppressions;

/// <summary>A finding that a person has reviewed and accepted: which, why, and for how long.</summary>
/// <param name="Kind">The kind of the finding.</param>
/// <param name="Classes">The classes in the order of the cycle or path, each once. A cycle may begin with any of them.</param>
/// <param name="Until">The last day on which the suppression is valid, in UTC; null for always.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Line">The line of the file, from 1.</param>
internal sealed record Suppression(LockViolationKind Kind, IReadOnlyList<string> Classes, DateOnly? Until, string Reason, int Line)
{
    /// <summary>The line for a finding, or null for one that names no class.</summary>
    public static Suppression? For(LockViolation violation, string reason, DateOnly? until) =>
        violation.ClassNames.Count == 0 ? null : new Suppression(violation.Kind, violation.ClassNames, until, reason, Line: 0);

    public bool CountsOn(DateOnly day) => Until is null || day <= Until;

    public bool Matches(LockViolation violation) =>
        violation.Kind == Kind && violation.ClassNames.Count == Classes.Count
        && (Kind == LockViolationKind.CircularDependency ? IsSameCircle(violation.ClassNames) : violation.ClassNames.SequenceEqual(Classes));

    public override string ToString() => SuppressionText.Write(this);

    private bool IsSameCircle(IReadOnlyList<string> other)
    {
        for (int shift = 0; shift < Classes.Count; shift++)
        {
            if (Enumerable.Range(0, Classes.Count).All(i => Classes[(i + shift) % Classes.Count] == other[i]))
            {
                return true;
            }
        }

        return false;
    }
}
