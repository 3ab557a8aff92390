// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>The fields of a <see cref="FenceTimeline"/> that every wait and every signal use, adjacent in memory.</summary>
/// <remarks>
/// The runtime lays out a class with references first, then numbers, then structs in the order of declaration. So this struct is declared
/// first, which puts it near the start of the object: within the first 128 bytes an instruction that reads the state takes four bytes instead
/// of seven, which matters in a loop that polls fences. TimelineLayoutTests checks this.
/// </remarks>
internal struct TimelineHotFields
{
    /// <summary>The state word of the timeline.</summary>
    internal TimelineState State;

    /// <summary>The waiters. Under the lock bit of <see cref="State"/>.</summary>
    internal WaiterHeap Waiters;

    /// <summary>
    /// The cached node for awaits of this timeline. Set once, under the lock bit. The node is free, queued, or about to run its continuation.
    /// </summary>
    internal FenceAwaitNode? OwnNode;

    /// <summary>The driver was asked to enable signaling for targets up to this one; ulong.MaxValue if it is never asked.</summary>
    internal ulong ArmedTarget;
}
