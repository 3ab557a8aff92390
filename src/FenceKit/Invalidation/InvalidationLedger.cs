// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// What all parties of a notifier agree on: which ranges are being invalidated now, and which have been since a reader began.
/// </summary>
/// <remarks>
/// <para>Readers and invalidations meet here. A reader of range R must not publish what it built if R was invalidated meanwhile:</para>
/// <code>
/// reader                                        invalidation of R
/// ------                                        -----------------
/// n = sequence; nobody active on R              enter R as active; sequence = n + 1      (under the lock)
/// build the mapping                             call the subscriber: tear down what is published
/// [ under the lock that the subscriber takes too:
///   sequence == n  → publish                      (the subscriber comes after and tears it down)
///   sequence != n and R touched → start again     (the subscriber has been, or will be and finds nothing) ]
/// </code>
/// <para>A lock is held for a few instructions and never while anything of a user's runs. Readers of other ranges do not take it: they
/// look at what is open, and at what has been, between two looks at a version that is odd while either changes. What they read in
/// between may be nonsense; then the version has moved on, and they ask again, under the lock. Both are trees, so a look takes O(log n)
/// in the number of open sessions and of places that have been invalidated. Lock, version and trees are those of a <see cref="LedgerStripe"/>:
/// there is one, or, where threads meet, one for each part of the addresses (InvalidationLedger.Stripes.cs). The sequence and the count of those
/// that are open are one word each for all.</para>
/// </remarks>
internal sealed partial class InvalidationLedger
{
    private const int LooksWithoutLock = 256; // far more than the height of a tree; a look that meets a change may go round in a circle

    private ulong _sequence; // see InvalidationLedger.Numbers.cs

    internal InvalidationLedger(int remembered)
    {
        _stripes = new LedgerStripe[StripeCount];
        for (int index = 0; index < StripeCount; index++)
        {
            _stripes[index] = new LedgerStripe(remembered);
        }

        _first = _stripes[0];
    }

    /// <summary>What readers look at without a lock.</summary>
    internal ReaderSignals Signals { get; } = new();

    internal int ActiveCount
    {
        get
        {
            int count = 0;
            foreach (LedgerStripe stripe in _stripes)
            {
                count += Volatile.Read(ref stripe.Sessions);
            }

            return count;
        }
    }

    /// <summary>Under the locks of its ranges, or more: from here on no reader begins on them, and none that began before can publish into them.</summary>
    internal void BeginLocked(ActiveInvalidation invalidation, StripeSet held)
    {
        AssertHeld(held);
        ulong layout = _layout;
        ReadOnlySpan<AddressRange> ranges = invalidation.Ranges;
        StripeSet stripes = held.IsOne ? held : StripesOf(ranges, layout);
        invalidation.MakeRoomForNodes(CountNodes(ranges, stripes, layout));

        // The signal first: a reader that sees the new sequence must also see that somebody is active. Pairs with TryBeginRead, and with
        // ReaderSlot.TryEnterQuickly. Then the versions: a reader that sees the new sequence, and a version that is even, sees the range in the tree.
        RaiseSignals(stripes, layout);
        BeginChange(stripes);
        invalidation.Begin(TakeNumber(stripes, layout));
        AddToTrees(invalidation, stripes, layout);
        _stripes[stripes.First].Link(invalidation);
        EndChange(stripes);
    }

    /// <summary>Under the locks of its ranges. The caller then signals <see cref="ActiveInvalidation.Ended"/>, outside them.</summary>
    /// <returns>Whether the end is a fault for those that waited for it.</returns>
    internal bool EndLocked(ActiveInvalidation invalidation, StripeSet held, bool committed)
    {
        AssertHeld(held);
        ulong layout = _layout;
        BeginChange(held);
        RemoveFromTrees(invalidation, held, layout);
        _stripes[held.First].Unlink(invalidation);
        if (layout == Whole)
        {
            Volatile.Write(ref Signals.Active, Signals.Active - 1);
        }

        EndChange(held);
        return committed && TrySupersedeLocked(invalidation);
    }

    /// <summary>The number for a reader that starts now; false, and whom to wait for, when the range is being invalidated.</summary>
    internal bool TryBeginRead(AddressRange range, out ulong number, out Fence blocker) => TryBeginRead(range, owner: null, out number, out blocker);

    /// <summary>Begins a reader that may read while its owner moves the range.</summary>
    internal bool TryBeginRead(AddressRange range, object? owner, out ulong number, out Fence blocker)
    {
        // Sequence, then count; BeginLocked writes them the other way round. So: a count of 0 means that all invalidations up to this
        // number have ended, and any later one has a higher number, which MustRetry will notice.
        number = TakeLook(_layout); // of an old layout the number is one that is too low, which does no harm here
        blocker = default;
        return Volatile.Read(ref Signals.Active) == 0 || TryEnter(range, ulong.MaxValue, InvalidationReason.All, out number, out blocker, owner);
    }

    /// <summary>
    /// Whether none of the active invalidations up to a number, for these reasons, touches the range. Invalidations after the number that
    /// it gives find a reader who announced itself before the call: their process-wide barrier comes after their entry here, which the
    /// reader has not seen, so its announcement was made before the barrier.
    /// </summary>
    internal bool TryEnter(AddressRange range, ulong upTo, InvalidationReason reasons, out ulong number, out Fence blocker, object? owner = null)
    {
        if (TryLook(range, upTo, reasons, owner, out number))
        {
            LowerIdleSignals();
            blocker = default;
            return true;
        }

        StripeSet held = Enter([range]);
        try
        {
            number = TakeLook(_layout); // up to here all that touch the range are in the trees: their locks are held
            Blocking blocking = new(upTo, reasons, owner);
            ActiveInvalidation? found = FindLocked(range, held, ref blocking);
            blocker = found is null ? default : found.Ended;
            return found is null;
        }
        finally
        {
            Exit(held);
        }
    }

    /// <summary>
    /// Of the invalidations for which <see cref="TryEnter"/> says no, one that the calling thread holds itself; null when there is none.
    /// For those who are about to wait: it looks under the lock.
    /// </summary>
    internal ActiveInvalidation? FindHeldHere(AddressRange range, ulong upTo, InvalidationReason reasons)
    {
        StripeSet held = Enter([range]);
        try
        {
            HeldHere heldHere = new(upTo, reasons);
            return FindLocked(range, held, ref heldHere);
        }
        finally
        {
            Exit(held);
        }
    }

    /// <summary>Whether an invalidation that began after <paramref name="number"/> touches the range. May say true without need, never false.</summary>
    internal bool MustRetry(AddressRange range, ulong number)
    {
        // Acquire: pairs with the release in BeginLocked, for readers that hold no lock in common with the subscriber.
        return Volatile.Read(ref _sequence) != number && WasTouchedSince(range, number);
    }

    /// <summary>Whether an invalidation up to a number is still calling its subscribers. Pairs with the release of IsScheduling.</summary>
    internal bool IsScheduling(ulong upTo)
    {
        StripeSet held = EnterEvery();
        try
        {
            for (StripeSet left = held; !left.IsEmpty; left = left.WithoutFirst)
            {
                for (ActiveInvalidation? active = _stripes[left.First].First; active is not null; active = active.Next)
                {
                    if (active.Number <= upTo && active.IsScheduling)
                    {
                        return true;
                    }
                }
            }

            return false;
        }
        finally
        {
            Exit(held);
        }
    }

    /// <summary>Under all locks: the number of the last invalidation that has begun.</summary>
    internal ulong TakeLookLocked() => TakeLook(_layout);

    /// <summary>Looks without the lock whether a reader may begin. False: ask under it.</summary>
    private bool TryLook(AddressRange range, ulong upTo, InvalidationReason reasons, object? owner, out ulong number)
    {
        ulong layout = _layout; // read once more below
        number = TakeLook(layout); // acquire: before the versions, with BeginLocked
        Blocking blocking = new(upTo, reasons, owner);
        for (StripeSet left = StripesOf(range, layout); !left.IsEmpty; left = left.WithoutFirst)
        {
            LedgerStripe stripe = _stripes[left.First];
            int version = Volatile.Read(ref stripe.Version); // acquire: with BeginChange and EndChange
            if ((version & 1) != 0
                || Volatile.Read(ref _layout) != layout // dealt anew since, with another version
                || stripe.Open.Find(range, after: 0, ref blocking, LooksWithoutLock, out bool isSure) != 0
                || !isSure)
            {
                return false;
            }

            Volatile.ReadBarrier();
            if (Volatile.Read(ref stripe.Version) != version)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Looks without the lock whether a range was touched. False: nothing is known, ask under it.</summary>
    private bool TryLookBack(AddressRange range, ulong number, out bool wasTouched)
    {
        ulong layout = _layout; // read once more below
        wasTouched = false;
        for (StripeSet left = StripesOf(range, layout); !left.IsEmpty; left = left.WithoutFirst)
        {
            LedgerStripe stripe = _stripes[left.First];
            int version = Volatile.Read(ref stripe.Version); // acquire: with BeginChange and EndChange
            bool isSame = Volatile.Read(ref _layout) == layout;
            wasTouched |= stripe.Recent.WasTouched(range, number, LooksWithoutLock, out bool isSure);
            Volatile.ReadBarrier();
            if (!isSure || !isSame || (version & 1) != 0 || Volatile.Read(ref stripe.Version) != version)
            {
                return false;
            }
        }

        return true;
    }

    private bool WasTouchedSince(AddressRange range, ulong number)
    {
        if (TryLookBack(range, number, out bool wasTouched))
        {
            return wasTouched;
        }

        StripeSet held = Enter([range]);
        try
        {
            for (StripeSet left = held; !left.IsEmpty; left = left.WithoutFirst)
            {
                if (_stripes[left.First].Recent.WasTouched(range, number, int.MaxValue, out _))
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            Exit(held);
        }
    }

    /// <summary>Those that keep a reader out who came in when the last number was <paramref name="upTo"/>.</summary>
    private readonly struct Blocking(ulong upTo, InvalidationReason reasons, object? owner) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item) => number <= upTo && (item is null || (item.IsFor(reasons) && !item.PassesOver(owner)));
    }

    /// <summary>Of those, the ones that the calling thread holds. Under the lock only.</summary>
    private readonly struct HeldHere(ulong upTo, InvalidationReason reasons) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item) => number <= upTo && item!.IsHeldHere && item.IsFor(reasons);
    }
}
