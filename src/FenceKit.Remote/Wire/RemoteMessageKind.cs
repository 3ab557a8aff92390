// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>The kind of a message. The numbers are part of the protocol.</summary>
internal enum RemoteMessageKind : byte
{
    None = 0,

    /// <summary>Node to owner: the node has no copies, and requests a lease.</summary>
    Join = 1,

    /// <summary>Node to owner: the node requests a renewal.</summary>
    Renew = 2,

    /// <summary>Node to owner: the local session has completed; the node no longer uses the range.</summary>
    Acknowledge = 3,

    /// <summary>Node to owner: the node has no copies, and leaves.</summary>
    Leave = 4,

    /// <summary>Owner to node: a lease, and the open invalidations.</summary>
    Grant = 16,

    /// <summary>Owner to node: this incarnation is dead. Drop everything, and join as the next one.</summary>
    Expel = 17,

    /// <summary>Owner to node: let go of a range.</summary>
    Schedule = 18,

    /// <summary>Owner to node: an invalidation has ended.</summary>
    End = 19,
}
