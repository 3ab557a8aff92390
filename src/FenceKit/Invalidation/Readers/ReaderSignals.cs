// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// The word that all readers look at on every enter, on a cache line of its own: it is written by invalidations only, so that it stays
/// shared in the caches of all readers.
/// </summary>
internal sealed class ReaderSignals
{
    private Words _words;

    internal ReaderSignals()
    {
    }

    private ReaderSignals(int always) => _words.Active = always;

    /// <summary>For the slots of a gate that was closed: every enter takes the slow path.</summary>
    internal static ReaderSignals Closed { get; } = new(always: 1);

    /// <summary>
    /// Not 0 while an invalidation is open: how many there are or, where many threads invalidate at once, in which stripes of the ledger there may be one (see
    /// InvalidationLedger.Numbers.cs). A reader that sees 0 after it has announced itself is in. See <see cref="ReaderSlot"/>.
    /// </summary>
    internal ref int Active => ref _words.Active;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Words
    {
        [FieldOffset(128)]
        public int Active;
    }
}
