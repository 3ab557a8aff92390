// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The current thread as a reader of a gate, for loops: it spares every enter the look-up of who is asking, which costs more than the
/// rest. Made by <see cref="ReaderGate.GetReader"/>; it cannot leave its thread.
/// </summary>
/// <remarks>
/// <code>
/// GateReader reader = gate.GetReader();
/// foreach (Key key in keys)
///     using (reader.Enter(RangeOf(key)))
///         …
/// </code>
/// It holds nothing up: only scopes do.
/// </remarks>
[DebuggerDisplay("reader of {_gate}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public readonly ref struct GateReader
{
    private readonly ReaderGate _gate;
    private readonly ReaderSlot _slot;

    internal GateReader(ReaderGate gate, ReaderSlot slot)
    {
        _gate = gate;
        _slot = slot;
    }

    /// <inheritdoc cref="ReaderGate.Enter()"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReaderScope Enter()
    {
        if (FenceContract.IsChecked || !_slot.TryEnterQuickly())
        {
            _slot.EnterOrPark();
        }

        return new ReaderScope(_slot);
    }

    /// <inheritdoc cref="ReaderGate.Enter(AddressRange)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReaderScope Enter(AddressRange range)
    {
        _gate.Check(range);
        if (FenceContract.IsChecked || !_slot.TryEnterQuickly())
        {
            _gate.EnterOrPark(_slot, range);
        }

        return new ReaderScope(_slot);
    }

    /// <inheritdoc cref="ReaderGate.TryEnter(AddressRange, TimeSpan, out ReaderScope, CancellationToken)"/>
    public bool TryEnter(AddressRange range, TimeSpan budget, out ReaderScope scope, CancellationToken cancellationToken = default) =>
        _gate.TryEnter(_slot, range, budget, out scope, cancellationToken);
}
