// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>A set of <see cref="InvalidationReason"/>: what a subscriber wants to be told of.</summary>
[Flags]
public enum InvalidationReasons
{
    /// <summary>Nothing; not allowed in a subscription.</summary>
    None = 0,

    /// <inheritdoc cref="InvalidationReason.Unmap"/>
    Unmap = 1 << InvalidationReason.Unmap,

    /// <inheritdoc cref="InvalidationReason.Discard"/>
    Discard = 1 << InvalidationReason.Discard,

    /// <inheritdoc cref="InvalidationReason.Protect"/>
    Protect = 1 << InvalidationReason.Protect,

    /// <inheritdoc cref="InvalidationReason.Migrate"/>
    Migrate = 1 << InvalidationReason.Migrate,

    /// <inheritdoc cref="InvalidationReason.Exclusive"/>
    Exclusive = 1 << InvalidationReason.Exclusive,

    /// <inheritdoc cref="InvalidationReason.Release"/>
    Release = 1 << InvalidationReason.Release,

    /// <summary>All of them.</summary>
    All = Unmap | Discard | Protect | Migrate | Exclusive | Release,
}
