// SPDX-License-Identifier: MIT
using System.Numerics;

namespace FenceKit.Lockdep.Held;

/// <summary>A set of context indices. Up to 64 contexts fit into one word; beyond that it grows. Immutable.</summary>
internal readonly struct ContextSet : IEquatable<ContextSet>
{
    private readonly ulong _low;
    private readonly ulong[]? _high;

    private ContextSet(ulong low, ulong[]? high)
    {
        _low = low;
        _high = high;
    }

    public bool IsEmpty => _low == 0 && (_high is null || !_high.AsSpan().ContainsAnyExcept(0UL));

    public static ContextSet Of(int index)
    {
        if (index < 64)
        {
            return new ContextSet(1UL << index, null);
        }

        var high = new ulong[index / 64];
        high[^1] = 1UL << (index % 64);
        return new ContextSet(0, high);
    }

    public static ContextSet operator |(ContextSet left, ContextSet right) => Combine(left, right, static (a, b) => a | b);

    public static ContextSet operator &(ContextSet left, ContextSet right) => Combine(left, right, static (a, b) => a & b);

    public ContextSet Without(ContextSet other) => Combine(this, other, static (a, b) => a & ~b);

    public bool Contains(int index)
        => index < 64 ? (_low & (1UL << index)) != 0 : WordAt(index / 64) is ulong word && (word & (1UL << (index % 64))) != 0;

    public bool ContainsAll(ContextSet other) => other.Without(this).IsEmpty;

    public bool Overlaps(ContextSet other) => !(this & other).IsEmpty;

    public int FirstIndex()
    {
        for (int word = 0; word <= (_high?.Length ?? 0); word++)
        {
            if (WordAt(word) is var bits and not 0)
            {
                return word * 64 + BitOperations.TrailingZeroCount(bits);
            }
        }

        return -1;
    }

    public IEnumerable<int> Indices()
    {
        for (int word = 0; word <= (_high?.Length ?? 0); word++)
        {
            for (ulong bits = WordAt(word); bits != 0; bits &= bits - 1)
            {
                yield return word * 64 + BitOperations.TrailingZeroCount(bits);
            }
        }
    }

    public bool Equals(ContextSet other)
    {
        if (_high is null && other._high is null)
        {
            return _low == other._low;
        }

        return ContainsAll(other) && other.ContainsAll(this);
    }

    public override bool Equals(object? obj) => obj is ContextSet other && Equals(other);

    public override int GetHashCode() => Hash.GetHashCode();

    /// <summary>Zero for the empty set, so that a thread in no context leaves its keys unchanged.</summary>
    public ulong Hash
    {
        get
        {
            ulong hash = _low == 0 ? 0 : ChainKey.Mix(1, _low);
            for (int i = 0; i < (_high?.Length ?? 0); i++)
            {
                hash ^= _high![i] == 0 ? 0 : ChainKey.Mix((ulong)i + 2, _high[i]);
            }

            return hash;
        }
    }

    private ulong WordAt(int word) => word == 0 ? _low : _high is { } high && word <= high.Length ? high[word - 1] : 0;

    private static ContextSet Combine(ContextSet left, ContextSet right, Func<ulong, ulong, ulong> word)
    {
        int length = Math.Max(left._high?.Length ?? 0, right._high?.Length ?? 0);
        if (length == 0)
        {
            return new ContextSet(word(left._low, right._low), null);
        }

        var high = new ulong[length];
        for (int i = 0; i < length; i++)
        {
            high[i] = word(left.WordAt(i + 1), right.WordAt(i + 1));
        }

        return new ContextSet(word(left._low, right._low), high);
    }
}
