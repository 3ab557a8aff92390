// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>What every wait and every signal of a <see cref="FenceTimeline"/> touches, side by side.</summary>
/// <remarks>
/// A class lays out its references first, then its numbers, then its structs in their order; a struct stays together. So this one comes first
/// among the structs, behind as few other fields as there are: within the first 128 bytes an instruction that reads the state has four bytes
/// instead of seven, which half as much again in a loop that polls fences. TimelineLayoutTests holds it.
/// </remarks>
internal struct TimelineHotFields
{
    /// <summary>The word that a timeline consists of.</summary>
    internal TimelineState State;

    /// <summary>Those who wait, under the lock bit of <see cref="State"/>.</summary>
    internal WaiterHeap Waiters;

    /// <summary>
    /// The node that a timeline keeps for those who await it. Set once, under the lock bit; it is free, or in the list, or on its way to run its
    /// continuation.
    /// </summary>
    internal FenceAwaitNode? OwnNode;

    /// <summary>The driver was asked for points up to here; all ones when it does not want to be asked.</summary>
    internal ulong ArmedTarget;
}
