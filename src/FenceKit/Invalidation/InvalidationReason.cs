// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

/// <summary>
/// Why a range is invalidated. In combination: for which reasons a subscriber is called. A subscriber may react to some reasons less
/// strongly than to others, but must react to all that it is called for.
/// </summary>
[Flags]
[SuppressMessage("Naming", "CA1714:Flags enums should have plural names", Justification = "An invalidation has one reason; only a filter combines them.")]
public enum InvalidationReason
{
    /// <summary>No reason; neither an invalidation nor a filter can have it.</summary>
    None = 0,

    /// <summary>The memory goes away: nothing may be read or written there any more. In Linux: MMU_NOTIFY_UNMAP.</summary>
    Unmap = 1,

    /// <summary>
    /// The contents are dropped or swapped out, but the range stays; it will be filled again when needed. In Linux: MMU_NOTIFY_CLEAR.
    /// </summary>
    Discard = 2,

    /// <summary>The permissions change. In Linux: MMU_NOTIFY_PROTECTION_VMA.</summary>
    Protect = 4,

    /// <summary>The contents move to another place. In Linux: MMU_NOTIFY_MIGRATE.</summary>
    Migrate = 8,

    /// <summary>A user needs exclusive access to the range for a while. In Linux: MMU_NOTIFY_EXCLUSIVE.</summary>
    Exclusive = 16,

    /// <summary>The owner shuts down. In Linux: MMU_NOTIFY_RELEASE.</summary>
    Release = 32,

    /// <summary>All reasons; for a filter.</summary>
    All = Unmap | Discard | Protect | Migrate | Exclusive | Release,
}
