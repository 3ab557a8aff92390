// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The status of a <see cref="Fence"/>. It changes from <see cref="Pending"/> to one of the others, and never back to it.</summary>
public enum FenceStatus
{
    /// <summary>The point has not been reached yet. The result of a timed wait when the time ran out first.</summary>
    Pending = 0,

    /// <summary>The point was reached without an error.</summary>
    Signaled = 1,

    /// <summary>The point was completed with an error: a failed signal, a poisoned timeline, or a timeline disposed too early.</summary>
    Faulted = 2,

    /// <summary>
    /// The point is complete, but so long ago that its outcome is no longer known: the timeline keeps only its last faults
    /// (<see cref="FenceTimelineOptions.RetainedFaults"/>). A waiter that was registered before the signal never gets this: the outcome is
    /// delivered with the signal. Where the outcome matters (<c>await</c>, a task, a dependent command, a reservation) this does not count as
    /// success.
    /// </summary>
    Retired = 3,
}
