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
            LeaveLedger(ref _counters.Refused, committed: false);
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

    /// <summary>As <see cref="TryEnd"/>, by one who has entered. Leaves the object in either case.</summary>
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

    /// <summary>On the thread pool: the handles of the session are garbage. They may be so because it has just ended.</summary>
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

    /// <summary>For a finalizer.</summary>
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
            LeaveLedger(ref committed ? ref _counters.Committed : ref _counters.BackedOff, committed);
        }
        finally
        {
            if (_trace is { } trace)
            {
                string outcome = committed ? "committed" : isForgotten ? "forgotten" : "backed_off";
                SessionTrace.EndStep(step, outcome);
                trace.End(outcome);
            }

            Leave();
        }
    }

    private void LeaveLedger(ref long counted, bool committed)
    {
        Fence ended = Ended;
        bool hasSuperseded;
        _ledger.Gate.EnterShielded();
        try
        {
            hasSuperseded = _ledger.EndLocked(this, committed);
            counted++;
        }
        finally
        {
            _ledger.Gate.Exit();
        }

        try
        {
            SignalEnded(ended, hasSuperseded);
        }
        finally
        {
            TellObservers(committed);
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
            Pool!.ReturnShielded(lease);
        }
    }
}
