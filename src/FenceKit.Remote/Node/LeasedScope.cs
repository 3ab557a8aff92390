// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit.Remote;

/// <summary>
/// A reader inside the gate of a node, under a lease; see <see cref="RemoteInvalidationNode.TryEnter"/>. It cannot leave its thread.
/// </summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public ref struct LeasedScope : IDisposable
{
    private readonly RemoteInvalidationNode? _node;
    private ReaderScope _scope;

    internal LeasedScope(RemoteInvalidationNode node, ReaderScope scope)
    {
        _node = node;
        _scope = scope;
    }

    /// <summary>
    /// Leaves, and tells whether the lease was valid all the time. A second call returns what the first would return now.
    /// </summary>
    /// <returns>
    /// False when the lease ended in between: data that was read in place may be the old contents after the owner has changed them, so
    /// discard it. A complete copy that was read needs no check: its read began before the change.
    /// </returns>
    /// <remarks>
    /// Never blocks for longer than a few instructions, never allocates. Otherwise like <see cref="ReaderScope.Dispose"/>.
    /// </remarks>
    public bool Leave()
    {
        // The data must be read before the clock is. If the lease has not ended in between, no one can have changed the data: pairs with
        // the owner's wait for the end of its promise, which is later than the end of the lease.
        Volatile.ReadBarrier();
        bool held = _node is not null && _node.IsLeased;
        _scope.Dispose();
        return held;
    }

    /// <summary>Leaves. A second call does nothing.</summary>
    /// <remarks>Like <see cref="Leave"/>, but does not read the clock.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose() => _scope.Dispose();
}
