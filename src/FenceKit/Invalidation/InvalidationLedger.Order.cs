// SPDX-License-Identifier: MIT
namespace FenceKit;

// Two invalidations over one range: only one hands the memory back. This is the whole rule.
//
//   An invalidation is complete only when no earlier one over a part of its range is open. Earlier is the one that entered the ledger first.
//
//   the earlier one              the later one
//   ---------------              -------------
//   is open                      is pending; the earlier one is among those it waits for
//   backs off                    goes on
//   commits Protect, Exclusive   goes on: what stood in the range stands there still
//   commits any other reason     is superseded: it never completes, hears of it at once, and backs off. What it was about to hand back
//                                may be gone, all of it or a part; its owner looks at the table again. A shutdown is never superseded:
//                                it asks for what is left, whatever that is.
//
// Why not let both complete where neither reason takes the contents away: an owner that changes permissions, or has the range for itself,
// must not meet another one that does. Why no circle: each waits for earlier ones only, also if batches overlap crosswise. A thread that
// waits for its own earlier session is told so (see InvalidationSessionState.Waiting.cs), for nobody else would end it.
//
//   earlier, ends                                     later, looks
//   -------------                                     ------------
//   later.IsSuperseded = true   (under the lock)      Ended complete?        (acquire)
//   signal Ended                (release)             IsSuperseded?          (read behind it)
//
// So a later one that sees the earlier one gone also sees that it was superseded, and never takes it for a back-off.
internal sealed partial class InvalidationLedger
{
    /// <summary>Under the locks, when the invalidation is out of the trees.</summary>
    /// <returns>
    /// False: nobody later has waited for it, or the contents are still there. True though all that waited have backed off meanwhile: their
    /// owners may come back for the range, and look how this one ended (<see cref="ReclaimSweep"/>).
    /// </returns>
    private bool TrySupersedeLocked(ActiveInvalidation committed)
    {
        if (!committed.IsWaitedForByLater || !committed.TakesContents)
        {
            return false;
        }

        // All that are open and overlap are later: had one been earlier, this one could not have completed.
        Superseding superseding = default;
        foreach (AddressRange range in committed.Ranges)
        {
            FindLocked(range, StripesOf(range, _layout), ref superseding);
        }

        return true;
    }

    /// <summary>Makes one wait for all that it is shown. Accepts none, so that it is shown all.</summary>
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
