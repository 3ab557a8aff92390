// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The current thread as a reader of a gate, for loops: each enter is spared the thread-local lookup, which costs more than the rest.
/// Created by <see cref="ReaderGate.GetReader"/>; it cannot leave its thread.
/// </summary>
/// <remarks>
/// <code>
/// GateReader reader = gate.GetReader();
/// foreach (Key key in keys)
///     using (reader.Enter(RangeOf(key)))
///         …
/// </code>
/// The reader itself delays no invalidation: only its scopes do.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A ref struct is never compared.")]
public readonly ref struct GateReader
{
    private readonly ReaderGate? _gate; // both are null in a default value
    private readonly ReaderSlot? _slot;

    internal GateReader(ReaderGate gate, ReaderSlot slot)
    {
        _gate = gate;
        _slot = slot;
    }

    /// <inheritdoc cref="ReaderGate.Enter()"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReaderScope Enter()
    {
        ReaderSlot slot = _slot ?? ThrowNeverMade();
        if (FenceContract.IsChecked || !slot.TryEnterQuickly())
        {
            _gate!.EnterOrPark(slot);
        }

        return new ReaderScope(slot);
    }

    /// <inheritdoc cref="ReaderGate.Enter(AddressRange)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReaderScope Enter(AddressRange range)
    {
        ReaderSlot slot = _slot ?? ThrowNeverMade();
        _gate!.Check(range);
        if (FenceContract.IsChecked || !slot.TryEnterQuickly())
        {
            _gate.EnterOrPark(slot, range);
        }

        return new ReaderScope(slot);
    }

    /// <inheritdoc cref="ReaderGate.TryEnter(AddressRange, TimeSpan, out ReaderScope, CancellationToken)"/>
    public bool TryEnter(AddressRange range, TimeSpan budget, out ReaderScope scope, CancellationToken cancellationToken = default)
    {
        ReaderSlot slot = _slot ?? ThrowNeverMade();
        return _gate!.TryEnter(slot, range, budget, out scope, cancellationToken);
    }

    /// <summary>Describes the reader for people.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => _gate is null ? "no reader" : $"reader of {_gate}";

    [DoesNotReturn]
    private static ReaderSlot ThrowNeverMade() =>
        throw new InvalidOperationException($"This {nameof(GateReader)} is a default value: readers are made by {nameof(ReaderGate)}.{nameof(ReaderGate.GetReader)}.");
}
