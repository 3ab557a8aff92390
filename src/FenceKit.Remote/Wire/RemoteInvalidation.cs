// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>An invalidation as sent to nodes.</summary>
/// <param name="Number">The number of the invalidation in the owner's epoch.</param>
/// <param name="Range">The invalidated range.</param>
/// <param name="Reason">The reason.</param>
internal readonly record struct RemoteInvalidation(ulong Number, AddressRange Range, InvalidationReason Reason);
