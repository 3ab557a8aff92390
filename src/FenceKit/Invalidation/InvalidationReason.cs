// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Why a range is invalidated. A subscriber may react to some reasons less strongly than to others, never not at all.</summary>
public enum InvalidationReason
{
    /// <summary>The memory goes away: nothing may be read or written there any more. As MMU_NOTIFY_UNMAP.</summary>
    Unmap = 0,

    /// <summary>The contents are dropped or swapped out, but the range stays; it will be filled again when needed. As MMU_NOTIFY_CLEAR.</summary>
    Discard = 1,

    /// <summary>The permissions change. As MMU_NOTIFY_PROTECTION_VMA.</summary>
    Protect = 2,

    /// <summary>The contents move to another place. As MMU_NOTIFY_MIGRATE.</summary>
    Migrate = 3,

    /// <summary>Someone needs the range for himself for a while. As MMU_NOTIFY_EXCLUSIVE.</summary>
    Exclusive = 4,

    /// <summary>The owner shuts down. As MMU_NOTIFY_RELEASE.</summary>
    Release = 5,
}
