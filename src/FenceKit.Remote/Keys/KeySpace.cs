// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>Maps names to ranges: a key is one address, and a tag is the range of all keys that were named with it.</summary>
/// <remarks>
/// <para>The tag's hash is the upper 24 bits of an address, the key's hash the lower 40. Two names that collide are invalidated together,
/// which invalidates more, never less. With a million keys under one tag there is about one such pair.</para>
/// <para>The layout is part of the protocol: all processes of a domain must use the same names and tags. It does not change between
/// versions.</para>
/// <para><b>Thread safety</b>: everything. Never blocks, never allocates.</para>
/// </remarks>
public static class KeySpace
{
    private const int KeyBits = 40;
    private const ulong Tags = (1UL << (64 - KeyBits)) - 1; // one less than 2^24, so that the end of the last tag is still a 64-bit number

    /// <summary>Gets the range in which all keys and tags lie.</summary>
    public static AddressRange All { get; } = new(0, Tags << KeyBits);

    /// <summary>Returns the range of a key without a tag.</summary>
    /// <param name="key">The key; it is case-sensitive.</param>
    /// <returns>A range of one address.</returns>
    public static AddressRange RangeOf(ReadOnlySpan<char> key) => RangeOf(default, key);

    /// <summary>Returns the range of a key without a tag.</summary>
    /// <param name="key">The key in UTF-8; equal to the same key as text.</param>
    /// <returns>A range of one address.</returns>
    public static AddressRange RangeOf(ReadOnlySpan<byte> key) => RangeOf(default, key);

    /// <summary>Returns the range of a key under a tag, which lies inside the range of the tag.</summary>
    /// <param name="tag">The tag, for instance the name of a table.</param>
    /// <param name="key">The key.</param>
    /// <returns>A range of one address.</returns>
    public static AddressRange RangeOf(ReadOnlySpan<char> tag, ReadOnlySpan<char> key) => Single(StableHash.Of(tag), StableHash.Of(key));

    /// <summary>Returns the range of a key under a tag, which lies inside the range of the tag.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="key">The key.</param>
    /// <returns>A range of one address.</returns>
    public static AddressRange RangeOf(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> key) => Single(StableHash.Of(tag), StableHash.Of(key));

    /// <summary>Returns the range of all keys under a tag.</summary>
    /// <param name="tag">The tag.</param>
    /// <returns>A range that contains that of every key of the tag.</returns>
    public static AddressRange RangeOfTag(ReadOnlySpan<char> tag) => AllOf(StableHash.Of(tag));

    /// <summary>Returns the range of all keys under a tag.</summary>
    /// <param name="tag">The tag.</param>
    /// <returns>A range that contains that of every key of the tag.</returns>
    public static AddressRange RangeOfTag(ReadOnlySpan<byte> tag) => AllOf(StableHash.Of(tag));

    private static ulong StartOf(ulong tag) => tag % Tags << KeyBits;

    private static AddressRange Single(ulong tag, ulong key) => AddressRange.FromLength(StartOf(tag) | (key >> (64 - KeyBits)), 1);

    private static AddressRange AllOf(ulong tag) => AddressRange.FromLength(StartOf(tag), 1UL << KeyBits);
}
