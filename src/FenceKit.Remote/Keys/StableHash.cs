// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Remote;

/// <summary>A 64-bit hash that is the same in every process, on every machine and in every version of this library.</summary>
/// <remarks>
/// FNV-1a with a final mixing step, so that the upper bits are as good as the lower ones. The author of keys can cause collisions on
/// purpose; a collision only invalidates more than was requested.
/// </remarks>
internal static class StableHash
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    internal static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Offset;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * Prime;
        }

        return Mix(hash);
    }

    /// <summary>The hash of the UTF-8 form, so that a key has the same hash as text and as bytes.</summary>
    internal static ulong Of(ReadOnlySpan<char> text)
    {
        ulong hash = Offset;
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int count = rune.EncodeToUtf8(bytes);
            for (int index = 0; index < count; index++)
            {
                hash = (hash ^ bytes[index]) * Prime;
            }
        }

        return Mix(hash);
    }

    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }
}
