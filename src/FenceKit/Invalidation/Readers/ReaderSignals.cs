// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// The word that every reader reads on each enter. It has its own cache line, which only invalidations write, so that it stays shared in
/// the caches of all readers.
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
    /// Not 0 while an invalidation is open: the number of open invalidations or, where many threads invalidate at once, the stripes of the
    /// ledger that may have one (see InvalidationLedger.Numbers.cs). A reader that announces itself and then sees 0 has entered. See
    /// <see cref="ReaderSlot"/>.
    /// </summary>
    internal ref int Active => ref _words.Active;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Words
    {
        [FieldOffset(128)]
        public int Active;
    }
}
