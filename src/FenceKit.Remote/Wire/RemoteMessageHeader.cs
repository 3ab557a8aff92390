// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>The header of every message.</summary>
/// <param name="Kind">The kind of the message.</param>
/// <param name="Node">The node that sends or receives the message: a random number, new with each start.</param>
/// <param name="Incarnation">The node's incarnation, which is incremented whenever the node has dropped everything.</param>
/// <param name="Epoch">The owner's epoch: a random number, new with each start. Zero when the node knows of none.</param>
/// <param name="Membership">The owner's membership number to which the lease belongs. Zero when there is none.</param>
/// <param name="Number">The number of the request (join, renew, grant) or of the invalidation (schedule, acknowledge, end).</param>
internal readonly record struct RemoteMessageHeader(
    RemoteMessageKind Kind, UInt128 Node, ulong Incarnation, ulong Epoch, ulong Membership, ulong Number);
