// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The producer's side of one fence of a <see cref="FencePool"/>. Copies of this value stand for the same source; only the first signal has
/// an effect.
/// </summary>
/// <remarks>
/// Keep a copy until the fence is signaled. After the last copy is dropped nobody can signal the fence: when the garbage collector detects
/// this, the fence faults with <see cref="FenceAbandonedException"/>, on the thread pool, and its slot returns to the pool. <b>Thread
/// safety</b>: every member may be called from any thread at any time.
/// </remarks>
[DebuggerDisplay("{Fence}")]
public readonly struct FenceSource : IEquatable<FenceSource>
{
    private readonly FenceLease? _lease; // also used after the signal, so it stays reachable until the slot has it again

    internal FenceSource(FenceLease lease, Fence fence)
    {
        _lease = lease;
        Fence = fence;
    }

    /// <summary>The consumer's side of the fence.</summary>
    public Fence Fence { get; }

    /// <summary>Signals the fence, and returns its slot to the pool.</summary>
    /// <returns>True if this call signaled the fence; false when it was complete already (an old copy, or a disposed pool).</returns>
    /// <remarks>Never allocates, never blocks. Callbacks run on this thread before the method returns; the slot is returned after them.</remarks>
    public bool TrySignal()
    {
        if (_lease is null || !_lease.Slot.SignalCore(Fence.Target))
        {
            return false;
        }

        _lease.Slot.Return(_lease);
        return true;
    }

    /// <summary>Completes the fence with an error, and returns its slot to the pool.</summary>
    /// <param name="error">The error; every waiter gets this object.</param>
    /// <returns>True if this call completed the fence.</returns>
    /// <remarks>Behaves otherwise like <see cref="TrySignal()"/>.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="error"/> is null.</exception>
    public bool TrySignal(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (_lease is null || !_lease.Slot.Signal(Fence, error))
        {
            return false;
        }

        _lease.Slot.Return(_lease);
        return true;
    }

    /// <summary>Whether both are the source of the same fence.</summary>
    /// <param name="other">Another source.</param>
    /// <returns>True if they are equal.</returns>
    public bool Equals(FenceSource other) => Fence == other.Fence;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FenceSource other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Fence.GetHashCode();

    /// <summary>Whether both are the source of the same fence.</summary>
    /// <param name="left">A source.</param>
    /// <param name="right">Another source.</param>
    /// <returns>True if they are equal.</returns>
    public static bool operator ==(FenceSource left, FenceSource right) => left.Equals(right);

    /// <summary>Whether they are sources of different fences.</summary>
    /// <param name="left">A source.</param>
    /// <param name="right">Another source.</param>
    /// <returns>True if they are not equal.</returns>
    public static bool operator !=(FenceSource left, FenceSource right) => !left.Equals(right);
}
