// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// A part of the ledger with a lock of its own: what is open, and what has been invalidated, in the addresses that fall to it. Threads that invalidate in
/// different stripes write no cache line in common here.
/// </summary>
internal sealed class LedgerStripe(int remembered) : LedgerStripePadding
{
    internal readonly Lock Lock = new();
    internal readonly RangeTree<ActiveInvalidation> Open = new(); // every open range that touches the stripe. Written under the lock
    internal readonly RememberedRanges Recent = new(remembered);  // written under the lock
    internal ActiveInvalidation? First; // of those whose first stripe this is. Under the lock
    internal int Version;               // odd while something of the above changes. Written under the lock
    internal int Sessions;              // how many there are from First on. Written under the lock
    internal ulong LastNumber;          // the highest that was given here, since there are many stripes. Written under the lock
    internal ulong IdleSince;           // of the readers: the highest number when one last found nothing here
    internal int Meetings;              // how many sessions found another one here that was just writing. Under the lock
    internal SessionLease? Spare;       // interlocked, see SessionPool

#pragma warning disable CS0169 // it takes room, and nothing else
    private readonly CacheLines _behind;
#pragma warning restore CS0169

    /// <summary>Under the lock. Plain stores, kept apart by a barrier: the version is odd before anything changes. Pairs with the looks, as its twin does.</summary>
    internal void BeginChange()
    {
        Version++;
        Volatile.WriteBarrier();
    }

    /// <summary>Under the lock. A reader that sees the even version sees the change.</summary>
    internal void EndChange()
    {
        Volatile.WriteBarrier();
        Version++;
    }

    internal void Link(ActiveInvalidation invalidation)
    {
        invalidation.Previous = null;
        invalidation.Next = First;
        First?.Previous = invalidation;
        First = invalidation;
        Sessions++;
    }

    internal void Unlink(ActiveInvalidation invalidation)
    {
        if (invalidation.Previous is null)
        {
            First = invalidation.Next;
        }
        else
        {
            invalidation.Previous.Next = invalidation.Next;
        }

        Sessions--;
        invalidation.Next?.Previous = invalidation.Previous;
        invalidation.Next = null;
        invalidation.Previous = null;
    }
}

/// <summary>Keeps the words of a stripe away from what stands in front of it. A class of its own, since fields of a base class come first.</summary>
internal abstract class LedgerStripePadding
{
#pragma warning disable CS0169 // it takes room, and nothing else
    private readonly CacheLines _before;
#pragma warning restore CS0169

    /// <summary>Two cache lines, since processors fetch them in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private protected readonly struct CacheLines;
}
