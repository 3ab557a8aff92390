// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>A reader inside a <see cref="ReaderGate"/>; see <see cref="ReaderGate.Enter()"/>. It cannot leave its thread.</summary>
[DebuggerDisplay("inside of {_slot}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public ref struct ReaderScope : IDisposable
{
    private ReaderSlot? _slot;

    internal ReaderScope(ReaderSlot slot) => _slot = slot;

    /// <summary>Leaves the gate. A second call does nothing.</summary>
    /// <remarks>
    /// Never allocates, and blocks for a few instructions at most. The last reader that an invalidation waits for signals the fence:
    /// callbacks run on this thread.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        ReaderSlot? slot = _slot;
        _slot = null;
        if (FenceContract.IsChecked)
        {
            slot?.LeaveChecked();
        }
        else
        {
            slot?.Leave();
        }
    }
}
