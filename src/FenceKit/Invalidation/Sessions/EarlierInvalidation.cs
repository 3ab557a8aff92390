// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// What a session knows about an overlapping invalidation that was open when it began. This is a copy, because the other invalidation may
/// end at any time, and its object is pooled. See <c>InvalidationLedger.Order.cs</c>.
/// </summary>
/// <param name="Range">From the start of its first range to the end of its last.</param>
/// <param name="Reason">The reason of the earlier invalidation.</param>
/// <param name="Place">The source line that scheduled it.</param>
/// <param name="Ended">Signals when it has ended; faults when it was committed and took the contents of its range with it.</param>
internal readonly record struct EarlierInvalidation(AddressRange Range, InvalidationReason Reason, SchedulePlace Place, Fence Ended)
{
    /// <summary>Describes the invalidation and where it was scheduled, for people.</summary>
    public override string ToString() => $"an earlier invalidation of {Range} ({Reason}), scheduled at {Place}";
}
