// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>An invalidation as nodes are told of it.</summary>
/// <param name="Number">Its number in the owner's epoch.</param>
/// <param name="Range">What goes away.</param>
/// <param name="Reason">Why.</param>
internal readonly record struct RemoteInvalidation(ulong Number, AddressRange Range, InvalidationReason Reason);
