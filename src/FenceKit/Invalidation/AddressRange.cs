// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// A half-open range <c>[Start, End)</c> of 64-bit numbers: addresses, file offsets, page numbers, keys. Only <c>default</c> is empty;
/// members that take a range reject an empty one.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct AddressRange
{
    /// <summary>Creates a range.</summary>
    /// <param name="start">The first number in the range.</param>
    /// <param name="end">The first number after the range.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="end"/> is not greater than <paramref name="start"/>.</exception>
    public AddressRange(ulong start, ulong end)
    {
        if (end <= start)
        {
            ThrowEmpty(start, end);
        }

        Start = start;
        End = end;
    }

    /// <summary>All numbers but the very last one, which no half-open range can contain.</summary>
    public static AddressRange All { get; } = new(0, ulong.MaxValue);

    /// <summary>Creates a range from its first number and its length.</summary>
    /// <param name="start">The first number in the range.</param>
    /// <param name="length">The number of values in the range, at least 1.</param>
    /// <returns>The range.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is 0, or the end lies beyond 64 bits.</exception>
    public static AddressRange FromLength(ulong start, ulong length)
    {
        if (length == 0 || start + length < start)
        {
            ThrowLength(start, length);
        }

        return new AddressRange(start, start + length);
    }

    /// <summary>The first number in the range.</summary>
    public ulong Start { get; }

    /// <summary>The first number after the range.</summary>
    public ulong End { get; }

    /// <summary>The number of values in the range.</summary>
    public ulong Length => End - Start;

    /// <summary>True for <c>default</c> only.</summary>
    public bool IsEmpty => Start == End;

    /// <summary>Whether the ranges have a number in common. Ranges that only touch do not.</summary>
    /// <param name="other">Another range.</param>
    /// <returns>True if they overlap.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Overlaps(AddressRange other) => Start < other.End && other.Start < End;

    /// <summary>Whether a number lies in the range.</summary>
    /// <param name="value">The number.</param>
    /// <returns>True if it does.</returns>
    public bool Contains(ulong value) => value >= Start && value < End;

    /// <summary>Whether another range lies wholly in this one.</summary>
    /// <param name="other">The other range.</param>
    /// <returns>True if it does.</returns>
    public bool Contains(AddressRange other) => other.Start >= Start && other.End <= End;

    /// <summary>The part that two overlapping ranges have in common.</summary>
    /// <param name="other">A range that overlaps this one.</param>
    /// <returns>The common part.</returns>
    /// <exception cref="ArgumentException">The ranges do not overlap.</exception>
    public AddressRange Intersect(AddressRange other)
    {
        if (!Overlaps(other))
        {
            throw new ArgumentException($"The ranges {this} and {other} have nothing in common.", nameof(other));
        }

        return new AddressRange(Math.Max(Start, other.Start), Math.Min(End, other.End));
    }

    /// <summary>The range as <c>[start, end)</c>, in hexadecimal. Allocates.</summary>
    /// <returns>A text for people.</returns>
    public override string ToString() => $"[0x{Start:x}, 0x{End:x})";

    /// <summary>Throws when the range is empty, which only <c>default</c> is.</summary>
    internal static void IfEmpty(AddressRange range, [CallerArgumentExpression(nameof(range))] string? name = null)
    {
        if (range.IsEmpty)
        {
            throw new ArgumentException("The range is empty.", name);
        }
    }

    [DoesNotReturn]
    private static void ThrowEmpty(ulong start, ulong end) =>
        throw new ArgumentOutOfRangeException(nameof(end), end, $"The range is empty: its end must be greater than its start, {start}.");

    [DoesNotReturn]
    private static void ThrowLength(ulong start, ulong length) =>
        throw new ArgumentOutOfRangeException(nameof(length), length, $"The length must be at least 1 and must not lead beyond 64 bits from {start}.");
}
