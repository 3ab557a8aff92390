// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Which stripe of the ledger covers which addresses. At first one stripe covers all, and a session enters one lock. When unrelated sessions
// contend for that lock again and again, the addresses are distributed over all stripes, in grains of the size of the ranges that
// contended.
//
//   layout     meaning                                                            next
//   whole      stripe 0 covers all addresses                                      dealt, by Divide: sessions have contended for its lock too often
//   dealt n    stripe (g * multiplier n) >> 61 covers grain g of 2^k addresses    dealt n + 1, by Divide: contending sessions get different stripes
//
// An invalidation is listed in every stripe that it touches, and enters all their locks at once, lower stripes first. So two invalidations
// that overlap always have a lock in common, and there is one lock order. The layout changes under all locks, while all versions are odd: a
// thread that holds any lock sees a fixed layout, and a reader without a lock notices a change by the version, as for any other change.
internal sealed partial class InvalidationLedger
{
    internal const int StripeCount = 8;

    private const int StripeBits = 3;
    private const ulong EveryStripe = (1 << StripeCount) - 1;
    private const ulong Whole = 0;
    private const int GrainBits = 6;
    private const int MostDivisions = 16; // a layout that does not help must not be replaced forever
    private const int ContentionsBeforeDivision = 64;
    private const ulong GoldenRatio = 0x9E37_79B9_7F4A_7C15;

    private readonly LedgerStripe[] _stripes;
    private readonly LedgerStripe _first; // stripe 0: the only one in use while the addresses are not distributed
    private ulong _layout; // the number of distributions so far, above the size of a grain as a power of two. Written under all locks

    /// <summary>Whether one stripe covers all addresses. For tests.</summary>
    internal bool IsWhole => _layout == Whole;

    /// <summary>The first stripe that an invalidation of these ranges would enter now. Used for objects that are kept near it.</summary>
    /// <remarks>A stripe of an outdated layout would do as well.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LedgerStripe FindNear(ReadOnlySpan<AddressRange> ranges) => _stripes[StripesOf(ranges, _layout).First];

    /// <summary>One of the stripes; tests look at it.</summary>
    internal LedgerStripe StripeAt(int index) => _stripes[index];

    /// <summary>Enters the locks of all stripes that the ranges touch. Pairs with <see cref="Exit"/>.</summary>
    internal StripeSet Enter(ReadOnlySpan<AddressRange> ranges)
    {
        while (true)
        {
            ulong layout = _layout; // read again under the lock
            StripeSet held = StripesOf(ranges, layout);
            EnterAll(held);
            if (_layout == layout)
            {
                return held;
            }

            Exit(held);
        }
    }

    /// <summary>Enters the locks for a session that begins. Changes the layout first when sessions contend too often.</summary>
    internal StripeSet EnterToBegin(ReadOnlySpan<AddressRange> ranges)
    {
        while (true)
        {
            ulong layout = _layout; // read again under the lock
            StripeSet held = StripesOf(ranges, layout);
            LedgerStripe first = _stripes[held.First];
            bool isContended = !first.Changes.TryBeginRead(out _); // a sample: no need to be exact
            EnterAll(held);
            if (_layout == layout)
            {
                ulong times = layout >> GrainBits;
                if (!isContended || times == MostDivisions || ++first.Contentions < ContentionsBeforeDivision << (int)times)
                {
                    return HasTurns ? EnterEveryInstead(held) : held;
                }

                Exit(held);
                Divide(ranges);
                continue;
            }

            Exit(held);
        }
    }

    /// <summary>Enters as many locks as are needed to exclude every other session.</summary>
    internal StripeSet EnterEvery()
    {
        _stripes[0].Lock.EnterShielded();
        if (_layout == Whole)
        {
            return new StripeSet(1);
        }

        StripeSet all = new(EveryStripe);
        EnterAll(all.WithoutFirst);
        return all;
    }

    /// <summary>Replaces the held locks by all locks: turns of readers are read under all locks.</summary>
    private StripeSet EnterEveryInstead(StripeSet held)
    {
        if (_layout == Whole)
        {
            return held; // the whole layout has one lock only
        }

        Exit(held);
        return EnterEvery();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit(StripeSet held)
    {
        if (held.IsOnlyFirst)
        {
            _first.Lock.Exit();
            return;
        }

        for (StripeSet left = held; !left.IsEmpty; left = left.WithoutFirst)
        {
            _stripes[left.First].Lock.Exit();
        }
    }

    /// <summary>Leaves the locks at the end of the scope.</summary>
    internal StripeScope ExitAtEnd(StripeSet held) => new(this, held);

    /// <summary>Distributes the addresses again, so that most sessions over ranges of this size touch one or two stripes.</summary>
    internal void Divide(ReadOnlySpan<AddressRange> met)
    {
        StripeSet all = new(EveryStripe);
        EnterAll(all);
        try
        {
            ulong times = _layout >> GrainBits;
            if (times == MostDivisions || (times > 0 && !HasTooManyContentions(times)))
            {
                return; // another thread has just done it
            }

            ulong largest = 1;
            foreach (AddressRange range in met)
            {
                largest = Math.Max(largest, range.End - range.Start);
            }

            int grain = Math.Min(64 - BitOperations.LeadingZeroCount(largest - 1), (1 << GrainBits) - 1);
            ChangeLayout(((times + 1) << GrainBits) | (uint)grain);
        }
        finally
        {
            Exit(all);
        }
    }

    private bool HasTooManyContentions(ulong times)
    {
        foreach (LedgerStripe stripe in _stripes)
        {
            if (stripe.Contentions >= ContentionsBeforeDivision << (int)times)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Called under all locks. Remembered invalidations are dropped: each reader that is active now has to start again once.
    /// </summary>
    private void ChangeLayout(ulong layout)
    {
        ulong last = TakeLook(_layout);
        ActiveInvalidation? all = null;
        foreach (LedgerStripe stripe in _stripes)
        {
            stripe.Changes.BeginWrite();
            while (stripe.First is { } active)
            {
                stripe.Unlink(active);
                active.Next = all;
                all = active;
            }

            stripe.Open.Clear();
            stripe.Recent.Forget(last);
            stripe.Contentions = 0;
        }

        if (_layout == Whole)
        {
            Volatile.Write(ref _sequence, (last + (2 * Step)) & ~((2 * Step) - 1)); // Even, and above all numbers. Pairs with the read in TakeLook.
        }

        Volatile.Write(ref _layout, layout); // pairs with the reads in Enter, TryLook and TryLookBack
        ulong signals = 0;
        while (all is { } active)
        {
            all = active.Next;
            StripeSet stripes = StripesOf(active.Ranges, layout);
            active.MakeRoomForNodes(CountNodes(active.Ranges, stripes, layout));
            MoveToTrees(active, stripes, layout);
            _stripes[stripes.First].Link(active);
            signals |= stripes.Bits;
        }

        // Never 0 while something is open, as before. Pairs with the read in ReaderSlot.TryEnterQuickly.
        Volatile.Write(ref Signals.Active, (int)signals);
        foreach (LedgerStripe stripe in _stripes)
        {
            stripe.Changes.EndWrite();
        }
    }

    /// <summary>Enters the locks of the lower stripes first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnterAll(StripeSet stripes)
    {
        if (stripes.IsOnlyFirst)
        {
            _first.Lock.EnterShielded();
            return;
        }

        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            _stripes[left.First].Lock.EnterShielded();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static StripeSet StripesOf(ReadOnlySpan<AddressRange> ranges, ulong layout) => layout == Whole ? new StripeSet(1) : DealtStripesOf(ranges, layout);

    private static StripeSet DealtStripesOf(ReadOnlySpan<AddressRange> ranges, ulong layout)
    {
        ulong stripes = DealtStripesOf(ranges[0], layout).Bits;
        foreach (AddressRange range in ranges[1..])
        {
            stripes |= DealtStripesOf(range, layout).Bits;
        }

        return new StripeSet(stripes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static StripeSet StripesOf(AddressRange range, ulong layout) => layout == Whole ? new StripeSet(1) : DealtStripesOf(range, layout);

    private static StripeSet DealtStripesOf(AddressRange range, ulong layout)
    {
        int grain = (int)layout & ((1 << GrainBits) - 1);
        ulong multiplier = unchecked(GoldenRatio * ((2 * (layout >> GrainBits)) - 1));
        ulong first = range.Start >> grain;
        ulong last = (range.End - 1) >> grain;
        if (last - first >= StripeCount)
        {
            return new StripeSet(EveryStripe);
        }

        ulong stripes = 1UL << (int)(unchecked(last * multiplier) >> (64 - StripeBits));
        for (ulong number = first; number < last; number++)
        {
            stripes |= 1UL << (int)(unchecked(number * multiplier) >> (64 - StripeBits));
        }

        return new StripeSet(stripes);
    }
}

/// <summary>A set of stripes of a ledger, one bit for each index.</summary>
internal readonly record struct StripeSet(ulong Bits)
{
    internal bool IsEmpty => Bits == 0;

    internal bool IsOnlyFirst => Bits == 1;

    internal bool IsOne => (Bits & (Bits - 1)) == 0;

    internal int Count => BitOperations.PopCount(Bits);

    /// <summary>The lowest index in the set.</summary>
    internal int First => BitOperations.TrailingZeroCount(Bits);

    internal StripeSet WithoutFirst => new(Bits & (Bits - 1));

    internal bool Contains(int stripe) => (Bits & (1UL << stripe)) != 0;
}

/// <summary>The locks of some stripes, to be left when it is disposed.</summary>
internal readonly ref struct StripeScope(InvalidationLedger ledger, StripeSet held)
{
    public void Dispose() => ledger.Exit(held);
}
