// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace FenceKit;

/// <summary>
/// A part of the ledger with its own lock: the open and the remembered invalidations of the addresses that the stripe covers. Threads that
/// invalidate in different stripes share no cache line here.
/// </summary>
internal sealed class LedgerStripe(int remembered) : LedgerStripePadding
{
    internal readonly Lock Lock = new();
    internal readonly RangeTree<ActiveInvalidation> Open = new(); // every open range that touches the stripe. Written under the lock
    internal readonly RememberedRanges Recent = new(remembered);  // written under the lock
    internal ActiveInvalidation? First; // a list of the open sessions whose first stripe this is. Under the lock
    internal SequenceLock Changes;      // guards the above for readers without the lock. Written under the lock
    internal int Sessions; // the length of the list from First on. Written under the lock
    internal ulong LastNumber; // the highest number given in this stripe while there are many. Written under the lock
    internal ulong IdleSince; // written by readers: LastNumber when a reader last found nothing open here
    internal int Contentions; // how many sessions found the lock held by another one that was writing. Under the lock
    internal SessionLease? Spare;       // interlocked, see SessionPool

#pragma warning disable CS0169 // padding
    private readonly CacheLines _behind;
#pragma warning restore CS0169

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
        Sessions--;
        (invalidation.Previous is null ? ref First : ref invalidation.Previous.Next) = invalidation.Next;
        invalidation.Next?.Previous = invalidation.Previous;
        invalidation.Next = null;
        invalidation.Previous = null;
    }
}

/// <summary>
/// Separates the fields of a stripe from the object before it in memory. A base class, because fields of a base class come first.
/// </summary>
internal abstract class LedgerStripePadding
{
#pragma warning disable CS0169 // padding
    private readonly CacheLines _before;
#pragma warning restore CS0169

    /// <summary>Two cache lines, since processors fetch them in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private protected readonly struct CacheLines;
}
