// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Detects, by its finalizer, that all copies of a <see cref="FenceSource"/> were dropped without a signal: then the fence faults, and its
/// slot returns to the pool.
/// </summary>
/// <remarks>
/// Each slot has a preallocated lease, which its rentals use in turn. The states show what refers to the lease:
/// <code>
/// slot (free)  ──rent──►  only the copies of the source  ──signal──►  slot (free)
///                          └── all dropped ──► finalizer: the fence faults, the slot gets a new lease
///                          └── the watchdog faults the fence, or the pool is disposed: the slot gets a new lease, and the old one has no
///                              effect, because its point is complete
/// </code>
/// While the slot is rented, no object of FenceKit refers to the lease; while it is free, the slot does.
/// </remarks>
internal sealed class FenceLease(FencePoolSlot slot)
{
    /// <summary>The target of the rented fence. Written before the source is returned.</summary>
    internal ulong Target;

    internal FencePoolSlot Slot { get; } = slot;

    ~FenceLease() => Slot.OnSourceCollected(Target);
}
