// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>Remembers which points were issued together, as one command. Only for timelines that report cumulative signals.</summary>
internal sealed class IssuedBlocks
{
    private const int Retained = 256;

    private readonly Lock _lock = new();
    private readonly (ulong First, ulong Last)[] _blocks = new (ulong, ulong)[Retained]; // under the lock; a ring
    private long _count;                                                                   // under the lock; the number of blocks ever added

    internal void Add(ulong first, ulong last)
    {
        _lock.EnterShielded();
        _blocks[_count++ % Retained] = (first, last);
        _lock.Exit();
    }

    /// <summary>
    /// Whether points belong to more than one command. False if a forgotten block may contain all of them, so that no report is wrong.
    /// </summary>
    internal bool AreSeveral(ulong first, ulong last)
    {
        if (first >= last)
        {
            return false;
        }

        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        for (long number = _count - 1; number >= Math.Max(0, _count - Retained); number--)
        {
            (ulong blockFirst, ulong blockLast) = _blocks[number % Retained];
            if (blockFirst <= first && last <= blockLast)
            {
                return false;
            }
        }

        return _count <= Retained || first >= _blocks[_count % Retained].First;
    }
}
