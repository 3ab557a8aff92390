// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Dies with the last copy of a <see cref="FenceSource"/>. So a source that was dropped is found: nobody can signal its fence any more, the fence
/// faults, and its slot goes back to the pool.
/// </summary>
/// <remarks>
/// One for each slot, made ahead of time and used by one rental after another:
/// <code>
/// slot (free)  ──rent──►  the copies of the source alone  ──signal──►  slot (free)
///                          └── all dropped ──► finalizer: the fence faults, the slot gets a new lease
///                          └── the watchdog faults the fence, or the slot, instead of them: the slot gets a new lease, and the old one is of no
///                              effect: its point is complete
/// </code>
/// While the slot is rented nothing of the library refers to the lease; while it is free the slot does.
/// </remarks>
internal sealed class FenceLease(FencePoolSlot slot)
{
    /// <summary>What was rented; written before anybody else has the source.</summary>
    internal ulong Target;

    internal FencePoolSlot Slot { get; } = slot;

    ~FenceLease() => Slot.OnSourceCollected(Target);
}
