// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit.Remote;

/// <summary>A reader that is inside under a lease; see <see cref="RemoteInvalidationNode.TryEnter"/>. It cannot leave its thread.</summary>
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

    /// <summary>Leaves, and says whether the lease held all the time. A second call answers as the first would at that moment.</summary>
    /// <returns>
    /// False when the lease has ended inside: what was read in place may have been the old contents after the owner had changed them, so it is discarded. A copy
    /// that was taken whole needs no such question: its read began before the change.
    /// </returns>
    /// <remarks>Never blocks for longer than a few instructions, never allocates. As <see cref="ReaderScope.Dispose"/>.</remarks>
    public bool Leave()
    {
        // What was read must be read before the clock is. Without an end of the lease in between nobody can have changed it: pairs with the owner's wait
        // for the end of the promise, which is later than the end of the lease.
        Volatile.ReadBarrier();
        bool held = _node is not null && _node.IsLeased;
        _scope.Dispose();
        return held;
    }

    /// <summary>Leaves. A second call does nothing.</summary>
    /// <remarks>As <see cref="Leave"/>, without the look at the clock.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose() => _scope.Dispose();
}
