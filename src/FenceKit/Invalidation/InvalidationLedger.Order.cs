// SPDX-License-Identifier: MIT
namespace FenceKit;

// Of two invalidations over one range, only one frees the memory. This is the whole rule:
//
// An invalidation is complete only when no earlier invalidation that overlaps it is open. The earlier one is the one that entered the
// ledger first.
//
//   the earlier one              the later one
//   -------------                -------------
//   is open                      is pending; it waits for the earlier one among others
//   backs off                    continues
//   commits Protect, Exclusive   continues: the contents of the range are still there
//   commits any other reason     is superseded: it never completes, its wait ends at once, and it backs off. What it was about to free may
//                                be gone, all of it or a part, so its owner has to look at its table again. A shutdown is never superseded:
//                                it asks for whatever is left.
//
// Why not let both complete where neither reason takes the contents away: an owner that changes permissions, or needs the range for itself,
// must not run at the same time as another one that does. Why there is no cycle: each invalidation waits for earlier ones only, even if
// batches overlap crosswise. A thread that would wait for its own earlier session gets an exception (see
// InvalidationSessionState.Waiting.cs), because no other thread would end that session.
//
//   earlier, ends                                     later, looks
//   -------------                                     ------------
//   later.IsSuperseded = true   (under the lock)      Ended complete?        (acquire)
//   signal Ended                (release)             IsSuperseded?          (read behind it)
//
// So a later invalidation that sees that the earlier one has ended also sees that it was superseded, and never takes the end for a
// back-off.
internal sealed partial class InvalidationLedger
{
    /// <summary>Called under the locks, after the invalidation was removed from the trees.</summary>
    /// <returns>
    /// False when no later invalidation has waited for this one, or the contents are still there. True even if all that waited have backed
    /// off in the meantime: their owners may come back for the range and look how this one ended (<see cref="ReclaimSweep"/>).
    /// </returns>
    private bool TrySupersedeLocked(ActiveInvalidation committed)
    {
        if (!committed.IsWaitedForByLater || !committed.TakesContents)
        {
            return false;
        }

        // All open invalidations that overlap are later: this one could not have completed while an earlier one was open.
        Superseding superseding = default;
        foreach (AddressRange range in committed.Ranges)
        {
            FindLocked(range, StripesOf(range, _layout), ref superseding);
        }

        return true;
    }

    /// <summary>
    /// Makes an invalidation wait for every item that it is shown. Accepts none, so that the search goes through all of them.
    /// </summary>
    private readonly struct Following(ActiveInvalidation later) : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item)
        {
            later.WaitForLocked(item!);
            return false;
        }
    }

    /// <inheritdoc cref="Following"/>
    private readonly struct Superseding : IRangeFilter<ActiveInvalidation>
    {
        public bool Accepts(ulong number, ActiveInvalidation? item)
        {
            item!.SupersedeLocked();
            return false;
        }
    }
}
