// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Why a node has dropped everything.</summary>
public enum LeaseLossReason
{
    /// <summary>The lease ran out before the owner gave more time.</summary>
    Expired = 0,

    /// <summary>The owner said that this incarnation is dead.</summary>
    Expelled = 1,

    /// <summary>The domain has another owner.</summary>
    NewOwner = 2,

    /// <summary>The node is disposed.</summary>
    Left = 3,
}
