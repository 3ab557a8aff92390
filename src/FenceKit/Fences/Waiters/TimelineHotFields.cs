// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// What every wait and every signal of a <see cref="FenceTimeline"/> touches, side by side. A class puts its references first and its numbers
/// behind them, here three cache lines away; a struct stays together. Where it lies: <see cref="FenceTimelineCore"/>.
/// </summary>
internal struct TimelineHotFields
{
    /// <summary>Those who wait, under the gate; see FenceTimeline.CallbackList.cs.</summary>
    internal FenceCallback? First;

    /// <summary>Under the gate; null while there is at most one in the list, which saves the usual case a write barrier.</summary>
    internal FenceCallback? Last;

    /// <summary>Who waits here again and again, under the gate; never null when somebody waits and <see cref="First"/> is null.</summary>
    internal FenceCallback? Seated;

    /// <summary>
    /// The node that a timeline keeps for those who await it. Set once, under the gate; it is free, or in the list, or on its way to run its
    /// continuation.
    /// </summary>
    internal FenceAwaitNode? OwnNode;

    /// <summary>The word that a timeline consists of, see <see cref="TimelineState"/>.</summary>
    internal ulong State;

    /// <summary>The driver was asked for points up to here; all ones when it does not want to be asked.</summary>
    internal ulong ArmedTarget;
}
