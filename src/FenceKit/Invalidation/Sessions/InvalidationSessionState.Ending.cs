// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The end of a session: by its owner, by a refusal, or by the finalizer of its lease.
internal sealed partial class InvalidationSessionState
{
    /// <summary>Undoes a schedule that a subscriber refused. Nothing remains of the session.</summary>
    internal InvalidationSession Refuse()
    {
        Volatile.Write(ref _word, (_word & ~PhaseMask) | Closing);
        IsScheduling = false;
        EndScheduleStep("refused");
        try
        {
            LeaveLedger(InvalidationEnd.Refused);
        }
        finally
        {
            _trace?.End("refused");
            Recycle();
        }

        return default;
    }

    /// <summary>Ends the session. True for the one caller that ended it.</summary>
    internal bool TryEnd(ulong version, bool committed, SessionLease lease)
    {
        // This thread counts as a user until the ledger is left, so the object cannot go back to the pool in between.
        if (!TryClose(version, OneUser))
        {
            return false;
        }

        End(committed, lease);
        return true;
    }

    /// <summary>
    /// Commits a session that has had no holders since the end of phase A. When the result is false, the caller has to check whether the
    /// session is complete.
    /// </summary>
    internal bool TryCommitAlone(ulong version, SessionLease lease)
    {
        // This thread has not entered, so the fields may already belong to the next session of this object. Then the word differs.
        ulong word = Volatile.Read(ref _word);
        if (!Fits(word, version) || _holderCount != 0 || !Earlier.IsEmpty || _someoneThrew || IsSuperseded
            || Interlocked.CompareExchange(ref _word, (word + OneUser) | Closing, word) != word)
        {
            return false;
        }

        End(committed: true, lease);
        return true;
    }

    /// <summary>Commits for a thread that has entered the object. Leaves the object in either case.</summary>
    internal bool TryCommitEntered(ulong version, SessionLease lease)
    {
        if (!TryClose(version, added: 0))
        {
            Leave();
            return false;
        }

        End(committed: true, lease);
        return true;
    }

    /// <summary>Backs off a session whose handles are unreachable, unless it has just ended. Called on the thread pool.</summary>
    internal void BackOffForgotten(ulong version)
    {
        if (TryClose(version, OneUser))
        {
            string range = Cover.ToString();
            string place = Place.ToString();
            _counters.CountForgotten();
            Diagnostics.FenceKitEventSource.Log.SessionForgotten(Name, range, place);
            End(committed: false, lease: null, isForgotten: true);
        }
    }

    /// <summary>Gets the version of the open session, if there is one. Called by a finalizer.</summary>
    internal bool TryGetOpenVersion(out ulong version)
    {
        ulong word = Volatile.Read(ref _word);
        version = word >> VersionShift;
        return (word & PhaseMask) == Open;
    }

    private bool TryClose(ulong version, ulong added)
    {
        ulong word = Volatile.Read(ref _word);
        while (Fits(word, version))
        {
            ulong seen = Interlocked.CompareExchange(ref _word, (word + added) | Closing, word);
            if (seen == word)
            {
                return true;
            }

            word = seen;
        }

        return false;
    }

    /// <param name="committed">True for a commit, false for a back-off.</param>
    /// <param name="lease">Goes back to the pool; null when the lease was finalized, so that the object is garbage too.</param>
    /// <param name="isForgotten">Whether a finalizer ends the session.</param>
    private void End(bool committed, SessionLease? lease, bool isForgotten = false)
    {
        _lease = lease; // the last thread to leave returns it to the pool; it sees this write because Leave is interlocked
        Activity? step = _trace?.BeginStep(committed ? SessionTrace.Commit : SessionTrace.BackOff);
        try
        {
            LeaveLedger(committed ? InvalidationEnd.Committed : InvalidationEnd.BackedOff);
        }
        finally
        {
            if (_trace is { } trace)
            {
                string outcome = committed ? "committed" : isForgotten ? "forgotten" : "backed_off";
                SessionTrace.EndStep(step, outcome);
                trace.End(outcome);
            }

            LeaveEnded();
        }
    }

    /// <summary>
    /// Leaves the object after this thread has ended the session. No thread can enter it any more, so if this thread is the only user it
    /// stays the only one.
    /// </summary>
    private void LeaveEnded()
    {
        if ((Volatile.Read(ref _word) & UsersMask) == OneUser) // pairs with the subtraction in Leave
        {
            Recycle();
        }
        else
        {
            Leave();
        }
    }

    private enum InvalidationEnd
    {
        Refused,
        BackedOff,
        Committed,
    }

    private void LeaveLedger(InvalidationEnd end)
    {
        bool committed = end == InvalidationEnd.Committed;
        Fence ended = Ended;
        bool hasSuperseded;
        StripeSet held = _ledger.Enter(Ranges);
        using (_ledger.ExitAtEnd(held))
        {
            hasSuperseded = _ledger.EndLocked(this, held, committed);
            ref SessionTally tally = ref _counters.Tally(held);
            tally.Committed += committed ? 1 : 0;
            tally.BackedOff += end == InvalidationEnd.BackedOff ? 1 : 0;
            tally.Refused += end == InvalidationEnd.Refused ? 1 : 0;
        }

        try
        {
            SignalEnded(ended, hasSuperseded);
        }
        finally
        {
            if (_observers.Count != 0)
            {
                NotifyObservers(committed);
            }
        }
    }

    private void Recycle()
    {
        SessionLease? lease = _lease;
        ClearHolders();
        ForgetOthers();
        _holder.Forget();
        _trace = null;
        Initiator = null;
        Volatile.Write(ref _word, (_word & ~(OneVersion - 1)) + OneVersion);
        if (lease is not null)
        {
            Pool!.Return(lease);
        }
    }
}
