// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

// The end of a session: by its owner, by a refusal, or because nobody can end it any more.
internal sealed partial class InvalidationSessionState
{
    /// <summary>Phase A is over: somebody would have had to block. Nothing remains of the session.</summary>
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

    /// <summary>Ends the session; true for the one caller who did.</summary>
    internal bool TryEnd(ulong version, bool committed, SessionLease lease)
    {
        // We count as a user until the ledger is left, so the object cannot go back to the pool under our hands.
        if (!TryClose(version, OneUser))
        {
            return false;
        }

        End(committed, lease);
        return true;
    }

    /// <summary>Commits a session that has nobody to wait for, which is known since phase A was over. False: ask whether it is complete.</summary>
    internal bool TryCommitAlone(ulong version, SessionLease lease)
    {
        // Nobody has entered here, so what is read may be of the next session of this object. Then the word is another one.
        ulong word = Volatile.Read(ref _word);
        if (!Fits(word, version) || _holderCount != 0 || !Earlier.IsEmpty || _someoneThrew || IsSuperseded
            || Interlocked.CompareExchange(ref _word, (word + OneUser) | Closing, word) != word)
        {
            return false;
        }

        End(committed: true, lease);
        return true;
    }

    /// <summary>Ends the session for a thread that has entered the object. Leaves the object in either case.</summary>
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

    /// <summary>Backs off a session whose handles are garbage; they may be so because it has just ended. Called on the thread pool.</summary>
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

    /// <summary>The version of the session that is open, if one is. A finalizer asks.</summary>
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

    /// <param name="committed">Whether what was asked for has happened.</param>
    /// <param name="lease">For the pool; null when it is garbage, and the object with it.</param>
    /// <param name="isForgotten">Nobody asked for it.</param>
    private void End(bool committed, SessionLease? lease, bool isForgotten = false)
    {
        _lease = lease; // the last one out gives it back; seen by that one because Leave is interlocked
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

    /// <summary>Leaves the object, for the thread that has ended the session. Nobody enters it any more, so a thread that is alone stays alone.</summary>
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
        try
        {
            hasSuperseded = _ledger.EndLocked(this, held, committed);
            ref SessionTally tally = ref _counters.Tally(held);
            tally.Committed += committed ? 1 : 0;
            tally.BackedOff += end == InvalidationEnd.BackedOff ? 1 : 0;
            tally.Refused += end == InvalidationEnd.Refused ? 1 : 0;
        }
        finally
        {
            _ledger.Exit(held);
        }

        try
        {
            SignalEnded(ended, hasSuperseded);
        }
        finally
        {
            if (_observerCount != 0)
            {
                TellObservers(committed);
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
