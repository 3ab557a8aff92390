// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>What every message begins with.</summary>
/// <param name="Kind">What the message says.</param>
/// <param name="Node">The node that it comes from or goes to: random, new with each start.</param>
/// <param name="Incarnation">Of the node: it counts up whenever the node has dropped everything.</param>
/// <param name="Epoch">Of the owner: random, new with each start. Zero when the node knows of none.</param>
/// <param name="Membership">Which of the owner's members the lease belongs to. Zero when there is none.</param>
/// <param name="Number">Of the request (join, renew, grant) or of the invalidation (schedule, acknowledge, end).</param>
internal readonly record struct RemoteMessageHeader(
    RemoteMessageKind Kind, UInt128 Node, ulong Incarnation, ulong Epoch, ulong Membership, ulong Number);
