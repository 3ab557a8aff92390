// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// The two words that readers look at on every enter and leave, on a cache line of their own: it is written by invalidations only, so
/// that it stays shared in the caches of all readers.
/// </summary>
internal sealed class ReaderSignals
{
    private Words _words;

    internal ReaderSignals()
    {
    }

    private ReaderSignals(int always)
    {
        _words.Active = always;
        _words.Scanning = always;
    }

    /// <summary>For the slots of a gate that was closed: every enter and leave takes the slow path.</summary>
    internal static ReaderSignals Closed { get; } = new(always: 1);

    /// <summary>How many invalidations are open; a reader that sees 0 after it has announced itself is in. See <see cref="ReaderSlot"/>.</summary>
    internal ref int Active => ref _words.Active;

    /// <summary>How many invalidations are looking for readers at this moment; a reader that sees 0 after it has left owes nothing unless its slot says so.</summary>
    internal ref int Scanning => ref _words.Scanning;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Words
    {
        [FieldOffset(128)]
        public int Active;

        [FieldOffset(132)]
        public int Scanning;
    }
}
