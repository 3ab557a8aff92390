// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// What a session knows of one that was open over a part of its range when it began: a copy, because the other may end, and its object
/// serve somebody else, at any time. See <c>InvalidationLedger.Order.cs</c>.
/// </summary>
/// <param name="Range">From the start of its first range to the end of its last.</param>
/// <param name="Reason">Why it invalidates.</param>
/// <param name="Place">Where it was scheduled.</param>
/// <param name="Ended">Signals when it has ended; faults when it was committed and took the contents of its range with it.</param>
internal readonly record struct EarlierInvalidation(AddressRange Range, InvalidationReason Reason, SchedulePlace Place, Fence Ended)
{
    /// <summary>What it is and where it was scheduled, for people.</summary>
    public override string ToString() => $"an earlier invalidation of {Range} ({Reason}), scheduled at {Place}";
}
