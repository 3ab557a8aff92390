// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Why a node has lost its lease and dropped its copies.</summary>
public enum LeaseLossReason
{
    /// <summary>The lease ran out before the owner renewed it.</summary>
    Expired = 0,

    /// <summary>The owner has declared this incarnation dead.</summary>
    Expelled = 1,

    /// <summary>The domain has a new owner.</summary>
    NewOwner = 2,

    /// <summary>The node is disposed.</summary>
    Left = 3,
}
