// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The producer's side of one fence out of a <see cref="FencePool"/>. A value; copies are the same source. Only the first signal counts.
/// </summary>
/// <remarks>
/// Keep it until the fence is signaled: once the last copy is dropped, nobody can signal the fence. The garbage collector finds that; then the
/// fence faults with <see cref="FenceAbandonedException"/>, on the thread pool, and its slot goes back.
/// <b>Thread safety</b>: every member may be called from any thread at any time.
/// </remarks>
[DebuggerDisplay("{Fence}")]
public readonly struct FenceSource : IEquatable<FenceSource>
{
    private readonly FenceLease? _lease; // read after the signal, too: so it lives until the slot has it back

    internal FenceSource(FenceLease lease, Fence fence)
    {
        _lease = lease;
        Fence = fence;
    }

    /// <summary>The consumer's side.</summary>
    public Fence Fence { get; }

    /// <summary>Signals the fence and gives its slot back to the pool.</summary>
    /// <returns>True for the one call that signaled it; false when it was complete already (a stale copy, or a disposed pool).</returns>
    /// <remarks>
    /// Never allocates, never blocks. Callbacks run on this thread before the method returns; the slot goes back after them.
    /// </remarks>
    public bool TrySignal()
    {
        if (_lease is null || !_lease.Slot.SignalCore(Fence.Target))
        {
            return false;
        }

        _lease.Slot.Return(_lease);
        return true;
    }

    /// <summary>Completes the fence with an error and gives its slot back to the pool.</summary>
    /// <param name="error">What went wrong; every waiter gets this object.</param>
    /// <returns>True for the one call that completed it.</returns>
    /// <remarks>As <see cref="TrySignal()"/>.</remarks>
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
