// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Remote;

/// <summary>The result of an invalidation that the owner of a domain carries out.</summary>
/// <param name="Outcome">
/// <see cref="InvalidationOutcome.Completed"/>: no node serves its contents from before the request.
/// <see cref="InvalidationOutcome.Pending"/>: that is not known; the budget is over. <see cref="InvalidationOutcome.Faulted"/>: a
/// subscriber in the owner's process failed to let go.
/// </param>
/// <param name="Pending">
/// The names that are waited for, as far as the owner has reported; the owner itself when it has not answered. Empty when completed.
/// </param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct RemoteInvalidationResult(InvalidationOutcome Outcome, IReadOnlyList<string> Pending)
{
    /// <summary>Gets whether no node serves its contents from before the request.</summary>
    public bool IsCompleted => Outcome == InvalidationOutcome.Completed && Pending is not null;

    /// <summary>Describes the outcome and the names, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Pending is { Count: > 0 } ? $"{Outcome}: {string.Join(", ", Pending)}" : $"{Outcome}";
}
