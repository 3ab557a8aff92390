// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Which part of the ledger has which addresses. At first one stripe has all, and a session enters one lock. When sessions that have nothing to do with each
// other meet at that lock again and again, the addresses are dealt out over all stripes, by grains of the size of the ranges that met.
//
//   layout     meaning                                                                    next
//   whole      all addresses fall to stripe 0                                             dealt, by Divide: sessions have met at its lock too often
//   dealt n    grain g of 2^k addresses falls to stripe (g * multiplier n) >> 61          dealt n + 1, by Divide: two that meet fall to different stripes next time
//
// An invalidation stands in every stripe that it touches, and enters all their locks at once, the lower first. So two that overlap always meet at a lock, and
// one order holds everywhere. The layout changes under all locks, while all versions are odd: under any lock it stays as it is, and a reader that looks without one
// notices by the version, as ever.
internal sealed partial class InvalidationLedger
{
    internal const int StripeCount = 8;

    private const int StripeBits = 3;
    private const ulong EveryStripe = (1 << StripeCount) - 1;
    private const ulong Whole = 0;
    private const int GrainBits = 6;
    private const int MostDivisions = 16; // a layout that brings nothing must not be exchanged for ever
    private const int MeetingsBeforeDivision = 64;
    private const ulong GoldenRatio = 0x9E37_79B9_7F4A_7C15;

    private readonly LedgerStripe[] _stripes;
    private readonly LedgerStripe _first; // of them: while the addresses are not dealt out there is no other to go to
    private ulong _layout; // how often it was dealt out, above the size of a grain as a power of two. Written under all locks

    /// <summary>Whether the addresses are not dealt out. For tests.</summary>
    internal bool IsWhole => _layout == Whole;

    /// <summary>The first stripe that an invalidation of these ranges would enter now, for what is kept near it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LedgerStripe FindNear(ReadOnlySpan<AddressRange> ranges) => _stripes[StripesOf(ranges, _layout).First]; // of an old layout: any answer is right

    /// <summary>One of the stripes; tests look at it.</summary>
    internal LedgerStripe StripeAt(int index) => _stripes[index];

    /// <summary>Enters the locks of all stripes that the ranges touch. Pairs with <see cref="Exit"/>.</summary>
    internal StripeSet Enter(ReadOnlySpan<AddressRange> ranges)
    {
        while (true)
        {
            ulong layout = _layout; // read once more under the lock
            StripeSet held = StripesOf(ranges, layout);
            EnterAll(held);
            if (_layout == layout)
            {
                return held;
            }

            Exit(held);
        }
    }

    /// <summary>Enters the locks for a session that begins; changes the layout first when sessions meet too often.</summary>
    internal StripeSet EnterToBegin(ReadOnlySpan<AddressRange> ranges)
    {
        while (true)
        {
            ulong layout = _layout; // read once more under the lock
            StripeSet held = StripesOf(ranges, layout);
            LedgerStripe first = _stripes[held.First];
            bool meets = (first.Version & 1) != 0; // a sample: no need to be exact
            EnterAll(held);
            if (_layout == layout)
            {
                ulong times = layout >> GrainBits;
                if (!meets || times == MostDivisions || ++first.Meetings < MeetingsBeforeDivision << (int)times)
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

    /// <summary>Enters as many locks as keep everybody else out.</summary>
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

    /// <summary>Turns of readers are read under all locks.</summary>
    private StripeSet EnterEveryInstead(StripeSet held)
    {
        if (_layout == Whole)
        {
            return held; // that is all there are
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

    /// <summary>Deals the addresses out anew, so that sessions over ranges of such a size mostly touch one or two stripes.</summary>
    internal void Divide(ReadOnlySpan<AddressRange> met)
    {
        StripeSet all = new(EveryStripe);
        EnterAll(all);
        try
        {
            ulong times = _layout >> GrainBits;
            if (times == MostDivisions || (times > 0 && !HasTooManyMeetings(times)))
            {
                return; // somebody else has just done it
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

    private bool HasTooManyMeetings(ulong times)
    {
        foreach (LedgerStripe stripe in _stripes)
        {
            if (stripe.Meetings >= MeetingsBeforeDivision << (int)times)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Under all locks. What was remembered of the past is forgotten: a reader of this moment starts again, once.</summary>
    private void ChangeLayout(ulong layout)
    {
        ulong last = TakeLook(_layout);
        ActiveInvalidation? all = null;
        foreach (LedgerStripe stripe in _stripes)
        {
            stripe.BeginChange();
            while (stripe.First is { } active)
            {
                stripe.Unlink(active);
                active.Next = all;
                all = active;
            }

            stripe.Open.Clear();
            stripe.Recent.Forget(last);
            stripe.Meetings = 0;
        }

        if (_layout == Whole)
        {
            Volatile.Write(ref _sequence, (last + (2 * Step)) & ~((2 * Step) - 1)); // even, and above all numbers; pairs with the read in TakeLook
        }

        Volatile.Write(ref _layout, layout); // pairs with the reads in Enter and in the looks
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

        Volatile.Write(ref Signals.Active, (int)signals); // as many as before, or none: pairs with the read in ReaderSlot.TryEnterQuickly
        foreach (LedgerStripe stripe in _stripes)
        {
            stripe.EndChange();
        }
    }

    /// <summary>The lower locks first.</summary>
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

/// <summary>Some of the stripes of a ledger, by their places.</summary>
internal readonly record struct StripeSet(ulong Bits)
{
    internal bool IsEmpty => Bits == 0;

    internal bool IsOnlyFirst => Bits == 1;

    internal bool IsOne => (Bits & (Bits - 1)) == 0;

    internal int Count => BitOperations.PopCount(Bits);

    /// <summary>The lowest.</summary>
    internal int First => BitOperations.TrailingZeroCount(Bits);

    internal StripeSet WithoutFirst => new(Bits & (Bits - 1));

    internal bool Contains(int stripe) => (Bits & (1UL << stripe)) != 0;
}
