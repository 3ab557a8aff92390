// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep.Held;

/// <summary>
/// Keys of chains: a chain is a sequence of held locks, and its key is 64 bits. Two chains with the same key are taken for the same chain,
/// as in Linux lockdep; with a million chains the probability of a collision is below one in ten million.
/// </summary>
internal static class ChainKey
{
    public const ulong LineFactor = 0xA0761D6478BD642FUL;
    public const ulong ShapeFactor = 0xE7037ED1A0B428DBUL;

    private const ulong Multiplier = 0x9E3779B97F4A7C15UL;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong parent, ulong own)
    {
        ulong mixed = (BitOperations.RotateLeft(parent, 23) ^ own) * Multiplier;
        return mixed ^ (mixed >> 29);
    }
}
