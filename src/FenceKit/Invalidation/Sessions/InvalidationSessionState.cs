// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>The pooled object behind an <see cref="InvalidationSession"/>.</summary>
internal sealed partial class InvalidationSessionState : ActiveInvalidation
{
    // One word: the version (which session this is) above, then how many threads are inside a member, then the phase.
    //
    //   phase      users  meaning                                      next
    //   Free       0      in the pool                                  Scheduling, by the one who rented it
    //   Scheduling 0      phase A; only the scheduling thread has it   Open, or Free (refused)
    //   Open       n      the owner's                                  Closing, by CAS: the one who commits or backs off
    //   Closing    n      over; members that are inside finish         Free with the next version, by the last one out
    //
    // A handle whose version or phase does not fit is refused, so an object that serves another session cannot be reached by an old one.
    private ulong _word;

    private const ulong PhaseMask = 3;
    private const ulong Free = 0;
    private const ulong Scheduling = 1;
    private const ulong Open = 2;
    private const ulong Closing = 3;
    private const ulong OneUser = 4;
    private const ulong UsersMask = 0xFFFFF * OneUser;
    private const int VersionShift = 22;
    private const ulong OneVersion = 1UL << VersionShift;

    private readonly InvalidationLedger _ledger;
    private readonly InvalidationCounters _counters;
    private readonly TimeProvider _clock;
    private readonly bool _faultsCountAsDone;
    private readonly TimeSpan _slowAfter;

    internal InvalidationSessionState(
        string name, InvalidationLedger ledger, InvalidationCounters counters, TimeProvider clock, InvalidationNotifierOptions options, object? contractMap)
        : base(name, clock, contractMap)
    {
        _ledger = ledger;
        _counters = counters;
        _clock = clock;
        _faultsCountAsDone = options.FaultPolicy == InvalidationFaultPolicy.TreatAsQuiesced;
        _slowAfter = options.SlowSubscriberThreshold;
        _holders = new Holder[options.SessionCapacity];
    }

    /// <summary>The pool that the object came from; set once, by the policy that makes it.</summary>
    internal ObjectPool<InvalidationSessionState>? Pool { get; set; }

    /// <summary>The session whose callbacks this one was scheduled from, on the same thread.</summary>
    internal InvalidationSessionState? Outer { get; set; }

    internal void BeginScheduling()
    {
        Debug.Assert((_word & ~(ulong.MaxValue << VersionShift)) == Free, "Only a free object is rented.");
        _holder.Set(); // before BeginLocked, which makes the session known to readers
        Volatile.Write(ref _word, _word | Scheduling);
    }

    /// <summary>Phase A did not even begin.</summary>
    internal void CancelScheduling() => Recycle();

    internal bool IsOf(InvalidationLedger ledger) => ReferenceEquals(_ledger, ledger);

    /// <summary>Phase A is over, and nobody refused.</summary>
    internal InvalidationSession OpenUp()
    {
        _scheduled = _holderCount == 0 ? 0 : _clock.GetTimestamp();
        IsScheduling = false;
        _holder.MayTravel();
        ulong version = _word >> VersionShift;
        Volatile.Write(ref _word, (_word & ~PhaseMask) | Open);
        return new InvalidationSession(this, version);
    }

    /// <summary>Phase A is over: somebody would have had to block. Nothing remains of the session.</summary>
    internal InvalidationSession Refuse()
    {
        Volatile.Write(ref _word, (_word & ~PhaseMask) | Closing);
        IsScheduling = false;
        LeaveLedger(ref _counters.Refused);
        Recycle();
        return default;
    }

    internal bool IsOpen(ulong version) => Fits(Volatile.Read(ref _word), version);

    /// <summary>Begins a use of the object; false when the handle is out of date. Pairs with <see cref="Leave"/>.</summary>
    internal bool TryEnter(ulong version)
    {
        ulong word = Volatile.Read(ref _word);
        while (Fits(word, version))
        {
            ulong seen = Interlocked.CompareExchange(ref _word, word + OneUser, word);
            if (seen == word)
            {
                _holder.NoteUse();
                return true;
            }

            word = seen;
        }

        return false;
    }

    /// <summary>Ends a use; the last one out of an ended session gives the object back.</summary>
    internal void Leave()
    {
        ulong word = Interlocked.Add(ref _word, unchecked(0 - OneUser));
        if ((word & (UsersMask | PhaseMask)) == Closing)
        {
            Recycle();
        }
    }

    /// <summary>Ends the session; true for the one caller who did.</summary>
    internal bool TryEnd(ulong version, bool committed)
    {
        // We count as a user until the ledger is left, so the object cannot go back to the pool under our hands.
        if (!TryClose(version, OneUser))
        {
            return false;
        }

        End(committed);
        return true;
    }

    /// <summary>As <see cref="TryEnd"/>, by one who has entered. Leaves the object in either case.</summary>
    internal bool TryCommitEntered(ulong version)
    {
        if (!TryClose(version, added: 0))
        {
            Leave();
            return false;
        }

        End(committed: true);
        return true;
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

    private void End(bool committed)
    {
        if (committed)
        {
            LeaveLedger(ref _counters.Committed);
        }
        else
        {
            LeaveLedger(ref _counters.BackedOff);
        }

        Leave();
    }

    private static bool Fits(ulong word, ulong version) => word >> VersionShift == version && (word & PhaseMask) == Open;

    private void LeaveLedger(ref long counted)
    {
        Fence ended = Ended;
        _ledger.Gate.EnterShielded();
        try
        {
            _ledger.EndLocked(this);
            counted++;
        }
        finally
        {
            _ledger.Gate.Exit();
        }

        SignalEnded(ended);
    }

    private void Recycle()
    {
        ClearHolders();
        _holder.Forget();
        Volatile.Write(ref _word, (_word & ~(OneVersion - 1)) + OneVersion);
        Pool!.ReturnShielded(this);
    }
}
