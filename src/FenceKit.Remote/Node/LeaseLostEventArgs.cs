// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>The arguments of the event that a node has lost its lease.</summary>
public sealed class LeaseLostEventArgs : EventArgs
{
    internal LeaseLostEventArgs(LeaseLossReason reason, ulong incarnation)
    {
        Reason = reason;
        Incarnation = incarnation;
    }

    /// <summary>Gets the reason.</summary>
    public LeaseLossReason Reason { get; }

    /// <summary>Gets the incarnation that has ended.</summary>
    public ulong Incarnation { get; }
}
