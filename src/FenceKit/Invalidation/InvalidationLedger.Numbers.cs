// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The numbers of invalidations, and the signal that tells readers that an invalidation is open: two words that all stripes share.
//
// While there is one stripe, its lock guards both words. The sequence is the number of the last invalidation that began; the signal is the
// number of open invalidations.
//
// With many stripes, unrelated threads would keep writing both words. So an invalidation writes the sequence only when a reader has looked
// at it since it was last written:
//
//   sequence     meaning                                                        next
//   e, even      a reader has this number; nothing has begun since              e + 1, by the next invalidation
//   e, odd       invalidations have begun, numbered from e on; nobody looked    e + 1, by the next reader
//
// (e counts in steps of 4096. Between two steps, the invalidations of one stripe count up; an invalidation that finds no number left
// advances the sequence itself.)
//
//   invalidation                                 reader
//   ------------                                 ------
//   raise the signal, if it is not up            n = sequence; odd: n = n + 1      (compare-exchange)
//   version odd          (full fence)            signal?                           (acquire)
//   e = sequence; even: e = e + 1 (exchange)     version, tree, version            (acquire)
//   numbers from e on; into the tree
//   version even
//
// If the invalidation read the sequence before it reached n, its numbers are below n. Then it raised the signal and made the version odd
// before the reader looked, so the reader finds it open or ended. Otherwise its numbers are above n, and the reader finds out when it wants
// to publish.
//
// The signal has one bit for each stripe. A bit is set whenever an invalidation is open in the stripe. It stays set when that invalidation
// ends, so that the next one in the stripe need not write it. A reader that finds the stripe empty twice, with no new invalidation in
// between, clears the bit under the stripe's lock.
internal sealed partial class InvalidationLedger
{
    private const ulong Step = 4096;

    /// <summary>
    /// Returns the number for a reader that looks now. Invalidations that begin later have higher numbers. Those that began before do not;
    /// the reader finds the open ones when it then looks at the signal or at the trees.
    /// </summary>
    private ulong TakeLook(ulong layout)
    {
        ulong now = Volatile.Read(ref _sequence); // acquire: the looks come after it
        while (layout != Whole && (now & Step) != 0)
        {
            ulong seen = Interlocked.CompareExchange(ref _sequence, now + Step, now); // pairs with the read in TakeDealtNumber
            if (seen == now)
            {
                return now + Step;
            }

            now = seen;
        }

        return now;
    }

    /// <summary>
    /// Under the locks, while the versions are odd: a number above all that were given to invalidations of these stripes and to readers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong TakeNumber(StripeSet stripes, ulong layout)
    {
        if (layout != Whole)
        {
            return TakeDealtNumber(stripes);
        }

        ulong next = _sequence + 1;
        Volatile.Write(ref _sequence, next); // pairs with the read in TakeLook
        return next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong TakeDealtNumber(StripeSet stripes)
    {
        ulong last = 0;
        for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
        {
            last = Math.Max(last, _stripes[left.First].LastNumber);
        }

        // Orders the writes of signals and odd versions before the read of the sequence. Pairs with TakeLook, whose reader reads them in
        // the other order.
        Interlocked.MemoryBarrier();
        ulong now = Volatile.Read(ref _sequence);
        while (true)
        {
            // The remainder by eight is the first stripe, so that no two sessions have the same number.
            ulong number = Math.Max(last + 1, now | Step);
            number += unchecked((ulong)stripes.First - number) % StripeCount;
            ulong begun = (number & ~(Step - 1)) | Step; // the next reader gets a higher one
            ulong seen = begun == now ? now : Interlocked.CompareExchange(ref _sequence, begun, now); // pairs with the read in TakeLook
            if (seen == now)
            {
                for (StripeSet left = stripes; !left.IsEmpty; left = left.WithoutFirst)
                {
                    Volatile.Write(ref _stripes[left.First].LastNumber, number); // pairs with the read in LowerIdleSignals
                }

                return number;
            }

            now = seen;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RaiseSignals(StripeSet stripes, ulong layout)
    {
        if (layout == Whole)
        {
            Volatile.Write(ref Signals.Active, Signals.Active + 1);
        }
        else if ((stripes.Bits & ~(ulong)(uint)Signals.Active) != 0)
        {
            Interlocked.Or(ref Signals.Active, (int)stripes.Bits);
        }
    }

    /// <summary>
    /// Clears the signal bits of idle stripes. Called by a reader that had to look because a bit was set, and found nothing.
    /// </summary>
    private void LowerIdleSignals()
    {
        if (_layout == Whole)
        {
            return;
        }

        for (StripeSet left = new((uint)Volatile.Read(ref Signals.Active)); !left.IsEmpty; left = left.WithoutFirst)
        {
            LedgerStripe stripe = _stripes[left.First];
            ulong last = Volatile.Read(ref stripe.LastNumber); // pairs with the write in TakeDealtNumber
            if (stripe.Open.Count != 0)
            {
                continue;
            }

            if (Volatile.Read(ref stripe.IdleSince) != last)
            {
                Volatile.Write(ref stripe.IdleSince, last); // pairs with the read above, by the next reader
                continue;
            }

            stripe.Lock.EnterShielded();
            if (stripe.Open.Count == 0 && _layout != Whole)
            {
                Interlocked.And(ref Signals.Active, ~(1 << left.First));
            }

            stripe.Lock.Exit();
        }
    }
}
