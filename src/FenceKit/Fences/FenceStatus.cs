// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What is known about a <see cref="Fence"/>. It moves from <see cref="Pending"/> to one of the others and never back.</summary>
public enum FenceStatus
{
    /// <summary>The point has not been reached yet. As the result of a timed wait: the time ran out first.</summary>
    Pending = 0,

    /// <summary>The point was reached without an error.</summary>
    Signaled = 1,

    /// <summary>The point was completed with an error: a failed signal, a poisoned timeline, or a timeline disposed too early.</summary>
    Faulted = 2,

    /// <summary>
    /// The point is complete, but so long ago that its outcome is no longer known: the timeline keeps only its last faults
    /// (<see cref="FenceTimelineOptions.RetainedFaults"/>). Never reported as <see cref="Signaled"/> by mistake. A waiter that was
    /// registered before the signal never gets this: its outcome is delivered with the signal. Where somebody has to know (<c>await</c>, a task, a
    /// command that depends on it, a reservation) it does not count as success.
    /// </summary>
    Retired = 3,
}
