// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// The shared record of a notifier: which ranges are being invalidated now, and which have been invalidated since a reader began.
/// </summary>
/// <remarks>
/// <para>A reader of range R must not publish what it built if R was invalidated in the meantime:</para>
/// <code>
/// reader                                        invalidation of R
/// ------                                        -----------------
/// n = sequence; nobody active on R              enter R as active; sequence = n + 1      (under the lock)
/// build the mapping                             call the subscriber: tear down what is published
/// [ under the lock that the subscriber takes too:
///   sequence == n  → publish                      (the subscriber comes after and tears it down)
///   sequence != n and R touched → start again     (the subscriber has been, or will be and finds nothing) ]
/// </code>
/// <para>A lock is held for a few instructions and never while user code runs. Readers usually take no lock: they read the open and the
/// remembered ranges between two reads of a version that is odd while either changes. What they read in between may be inconsistent; then
/// the version has changed, and they ask again under the lock. Both are trees, so a look takes O(log n) in the number of open sessions and
/// of invalidated ranges. Lock, version and trees belong to a <see cref="LedgerStripe"/>. There is one stripe or, where threads contend,
/// one for each part of the addresses (InvalidationLedger.Stripes.cs). All stripes share one sequence and one word that tells whether an
/// invalidation is open.</para>
/// </remarks>
internal sealed partial class InvalidationLedger
{
    // Far more than the height of a tree. The bound is needed because a concurrent change may make the links circular.
    private const int LooksWithoutLock = 256;

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

    /// <summary>The word that tells readers, without a lock, whether an invalidation is open.</summary>
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

    /// <summary>
    /// Under the locks of its ranges, or more: from here on no reader begins on them, and no reader that began before can publish into
    /// them.
    /// </summary>
    internal void BeginLocked(ActiveInvalidation invalidation, StripeSet held)
    {
        AssertHeld(held);
        ulong layout = _layout;
        ReadOnlySpan<AddressRange> ranges = invalidation.Ranges;
        StripeSet stripes = held.IsOne ? held : StripesOf(ranges, layout);
        invalidation.MakeRoomForNodes(CountNodes(ranges, stripes, layout));

        // First the signal: a reader that sees the new sequence must also see that an invalidation is open. Pairs with TryBeginRead and
        // with ReaderSlot.TryEnterQuickly. Then the versions: a reader that sees the new sequence and an even version sees the range in the
        // tree.
        RaiseSignals(stripes, layout);
        BeginChange(stripes);
        invalidation.Begin(TakeNumber(stripes, layout));
        AddToTrees(invalidation, stripes, layout);
        _stripes[stripes.First].Link(invalidation);
        EndChange(stripes);
    }

    /// <summary>
    /// Called under the locks of its ranges. The caller then signals <see cref="ActiveInvalidation.Ended"/> outside them.
    /// </summary>
    /// <returns>Whether the end is a fault for the later sessions that waited for it.</returns>
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

    /// <summary>
    /// Gives a number to a reader that starts now. False when the range is being invalidated; <paramref name="blocker"/> is then the fence
    /// to wait for.
    /// </summary>
    internal bool TryBeginRead(AddressRange range, out ulong number, out Fence blocker) => TryBeginRead(range, owner: null, out number, out blocker);

    /// <summary>Begins a reader that may read while its owner moves the range.</summary>
    internal bool TryBeginRead(AddressRange range, object? owner, out ulong number, out Fence blocker)
    {
        // Reads the sequence, then the signal; BeginLocked writes them in the other order. So a signal of 0 means that all invalidations up
        // to this number have ended, and any later one has a higher number, which MustRetry will notice.
        number = TakeLook(_layout); // with an outdated layout the number may be too low, which does no harm here
        blocker = default;
        return Volatile.Read(ref Signals.Active) == 0 || TryEnter(range, ulong.MaxValue, InvalidationReason.All, out number, out blocker, owner);
    }

    /// <summary>
    /// Whether no open invalidation with a number up to <paramref name="upTo"/>, for one of these reasons, touches the range. Later
    /// invalidations, with numbers above <paramref name="number"/>, find a reader that announced itself before this call: they issue their
    /// process-wide barrier after they have entered the ledger, and the reader has not seen them there, so it announced itself before their
    /// barrier.
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
        using StripeScope scope = ExitAtEnd(held);
        number = TakeLook(_layout); // all invalidations up to this number that touch the range are in the trees, because their locks are held
        Blocking blocking = new(upTo, reasons, owner);
        ActiveInvalidation? found = FindLocked(range, held, ref blocking);
        blocker = found is null ? default : found.Ended;
        return found is null;
    }

    /// <summary>
    /// Of the invalidations for which <see cref="TryEnter"/> returns false, finds one that the calling thread itself has to end; null when
    /// there is none. For threads that are about to wait: it takes the lock.
    /// </summary>
    internal ActiveInvalidation? FindHeldHere(AddressRange range, ulong upTo, InvalidationReason reasons)
    {
        StripeSet held = Enter([range]);
        using StripeScope scope = ExitAtEnd(held);
        HeldHere heldHere = new(upTo, reasons);
        return FindLocked(range, held, ref heldHere);
    }

    /// <summary>
    /// Whether an invalidation that began after <paramref name="number"/> touches the range. May return true needlessly, but never false
    /// wrongly.
    /// </summary>
    internal bool MustRetry(AddressRange range, ulong number)
    {
        // Acquire: pairs with the release in BeginLocked, for readers that share no lock with the subscriber.
        return Volatile.Read(ref _sequence) != number && WasTouchedSince(range, number);
    }

    /// <summary>
    /// Whether an invalidation up to this number is still calling its subscribers. Pairs with the release store of IsScheduling.
    /// </summary>
    internal bool IsScheduling(ulong upTo)
    {
        StripeSet held = EnterEvery();
        using StripeScope scope = ExitAtEnd(held);
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

    /// <summary>Under all locks: the number of the last invalidation that has begun.</summary>
    internal ulong TakeLookLocked() => TakeLook(_layout);

    /// <summary>
    /// Checks without the lock whether a reader may begin. When the result is false, the caller has to ask under the lock.
    /// </summary>
    private bool TryLook(AddressRange range, ulong upTo, InvalidationReason reasons, object? owner, out ulong number)
    {
        ulong layout = _layout; // read again below
        number = TakeLook(layout); // acquire: the versions are read after it. Pairs with BeginLocked
        Blocking blocking = new(upTo, reasons, owner);
        for (StripeSet left = StripesOf(range, layout); !left.IsEmpty; left = left.WithoutFirst)
        {
            LedgerStripe stripe = _stripes[left.First];
            if (!stripe.Changes.TryBeginRead(out int version)
                || Volatile.Read(ref _layout) != layout // the layout has changed, and the version with it
                || stripe.Open.Find(range, after: 0, ref blocking, LooksWithoutLock, out bool isSure) != 0
                || !isSure
                || !stripe.Changes.IsUnchanged(version))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Checks without the lock whether a range was touched. When the result is false, nothing is known, and the caller has to ask under the
    /// lock.
    /// </summary>
    private bool TryLookBack(AddressRange range, ulong number, out bool wasTouched)
    {
        ulong layout = _layout; // read again below
        wasTouched = false;
        for (StripeSet left = StripesOf(range, layout); !left.IsEmpty; left = left.WithoutFirst)
        {
            LedgerStripe stripe = _stripes[left.First];
            bool isAtRest = stripe.Changes.TryBeginRead(out int version);
            bool isSame = Volatile.Read(ref _layout) == layout;
            wasTouched |= stripe.Recent.WasTouched(range, number, LooksWithoutLock, out bool isSure);
            if (!isSure || !isSame || !isAtRest || !stripe.Changes.IsUnchanged(version))
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
        using StripeScope scope = ExitAtEnd(held);
        for (StripeSet left = held; !left.IsEmpty; left = left.WithoutFirst)
        {
            if (_stripes[left.First].Recent.WasTouched(range, number, int.MaxValue, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Accepts the invalidations that keep out a reader that began when the last number was <paramref name="upTo"/>.</summary>
    private readonly struct Blocking(ulong upTo, InvalidationReason reasons, object? owner) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item) => number <= upTo && (item is null || (item.IsFor(reasons) && !item.PassesOver(owner)));
    }

    /// <summary>Accepts the invalidations that the calling thread has to end. Used under the lock only.</summary>
    private readonly struct HeldHere(ulong upTo, InvalidationReason reasons) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item) => number <= upTo && item!.IsHeldHere && item.IsFor(reasons);
    }
}
