// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>What a message says. The numbers are part of the protocol.</summary>
internal enum RemoteMessageKind : byte
{
    None = 0,

    /// <summary>Node to owner: I hold nothing, and ask for a lease.</summary>
    Join = 1,

    /// <summary>Node to owner: I ask for more time.</summary>
    Renew = 2,

    /// <summary>Node to owner: my local session has completed; nothing here uses the range.</summary>
    Acknowledge = 3,

    /// <summary>Node to owner: I hold nothing, and want no lease any more.</summary>
    Leave = 4,

    /// <summary>Owner to node: a lease, and what is being invalidated at this moment.</summary>
    Grant = 16,

    /// <summary>Owner to node: this incarnation is dead. Drop everything, and join as the next one.</summary>
    Expel = 17,

    /// <summary>Owner to node: let go of a range.</summary>
    Schedule = 18,

    /// <summary>Owner to node: an invalidation has ended.</summary>
    End = 19,
}
