// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The one word that a <see cref="FenceTimeline"/> consists of: bits 63..2 are the completed point, bit 1 says that callbacks wait,
/// bit 0 is the spin gate over the callback list and the fault log.
/// </summary>
/// <remarks>
/// <code>
/// gate waiters  meaning                                     who may change the word
/// ---- -------  ------------------------------------------  ---------------------------------------------------
///  0      0     nobody waits                                anyone by CAS; a plain signal just moves the counter
///  0      1     callbacks wait, nobody edits the list       anyone by CAS that takes the gate; a plain signal moves
///                                                           the counter and takes the gate in the same CAS
///  1      *     one thread edits the list or the fault log  that thread only, by one release store that leaves the gate
/// </code>
/// Because counter, waiters and gate share a word, "did I publish my callback before the signal?" has one answer, given by one CAS.
/// With two words it would be a store/load race that needs a full fence on both sides.
/// A fence compares with the point shifted by <see cref="PointShift"/>: the two flags are below every point, so a poll needs no mask.
/// </remarks>
internal static class TimelineState
{
    internal const int PointShift = 2;
    internal const ulong Gate = 1;
    internal const ulong Waiters = 2;
    internal const ulong Flags = Gate | Waiters;

    /// <summary>The largest point; a poisoned timeline stands here.</summary>
    internal const ulong MaxPoint = ulong.MaxValue >> PointShift;

    /// <summary>Points that can be issued stop halfway, so that counting by one can never run into <see cref="MaxPoint"/>.</summary>
    internal const ulong MaxIssuedByCount = MaxPoint / 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong TargetOf(ulong point) => point << PointShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong PointOf(ulong state) => state >> PointShift;

    /// <summary>True when the counter has reached <paramref name="target"/>, whatever the flags.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasReached(ulong state, ulong target) => state >= target;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsQuiet(ulong state) => (state & Flags) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsGateHeld(ulong state) => (state & Gate) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasWaiters(ulong state) => (state & Waiters) != 0;

    /// <summary>The word that leaves the gate: the counter of <paramref name="state"/>, and whether the list still has nodes.</summary>
    internal static ulong Leave(ulong state, bool hasWaiters) => (state & ~Flags) | (hasWaiters ? Waiters : 0);
}
