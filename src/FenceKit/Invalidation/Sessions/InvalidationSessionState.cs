// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The pooled object behind an <see cref="InvalidationSession"/>.</summary>
internal sealed partial class InvalidationSessionState : ActiveInvalidation
{
    // One word: the version (which session this is) above, then how many threads are inside a member, then the phase.
    //
    //   phase      users  meaning                                      next
    //   Free       0      in the pool                                  Scheduling, by the one who rented it
    //   Scheduling 0      phase A; only the scheduling thread has it   Open, or Closing (refused)
    //   Open       n      the owner's                                  Closing, by CAS: the one who commits or backs off, or finds that
    //                                                                  the session was forgotten
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

    [ThreadStatic]
    private static InvalidationSessionState? t_calling; // the innermost whose callbacks run on this thread, of whichever notifier

    private SessionLease? _lease; // null while the session is open, see SessionLease

    private readonly InvalidationLedger _ledger;
    private readonly InvalidationCounters _counters;
    private readonly TimeProvider _clock;
    private readonly bool _faultsCountAsDone;
    private readonly TimeSpan _slowAfter;

    internal InvalidationSessionState(
        string name, InvalidationLedger ledger, InvalidationCounters counters, TimeProvider clock, InvalidationNotifierOptions options, object? contractMap)
        : base($"{name} sessions", clock, contractMap)
    {
        Name = name;
        _ledger = ledger;
        _counters = counters;
        _clock = clock;
        _faultsCountAsDone = options.FaultPolicy == InvalidationFaultPolicy.TreatAsQuiesced;
        _slowAfter = options.SlowSubscriberThreshold;
        _holders = new Holder[options.SessionCapacity];
    }

    /// <summary>Whose sessions these are, for people.</summary>
    internal string Name { get; }

    /// <summary>The pool that the object came from; set once, by the policy that makes it.</summary>
    internal SessionPool? Pool { get; init; }

    /// <summary>Where it was rented, and is kept when it has ended.</summary>
    internal LedgerStripe? Home { get; set; }

    /// <summary>The session whose callbacks this one calls its own from, on the same thread.</summary>
    private InvalidationSessionState? Outer { get; set; }

    internal void BeginScheduling(SessionLease lease)
    {
        Debug.Assert((_word & ~(ulong.MaxValue << VersionShift)) == Free, "Only a free object is rented.");
        _lease = lease;
        _holder.Set(); // before BeginLocked, which makes the session known to readers
        Volatile.Write(ref _word, _word | Scheduling);
    }

    /// <summary>Phase A did not even begin.</summary>
    internal void CancelScheduling() => Recycle();

    /// <summary>From here on this thread counts as inside callbacks of the session.</summary>
    internal void BeginCalling()
    {
        Outer = t_calling;
        t_calling = this;
    }

    internal void EndCalling()
    {
        t_calling = Outer;
        Outer = null;
    }

    /// <summary>Whether this thread is inside a callback of the notifier with this ledger.</summary>
    internal static bool IsCallingOnThisThread(InvalidationLedger ledger)
    {
        for (InvalidationSessionState? state = t_calling; state is not null; state = state.Outer)
        {
            if (ReferenceEquals(state._ledger, ledger))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Phase A is over, and nobody refused.</summary>
    internal InvalidationSession OpenUp()
    {
        _scheduled = _holderCount == 0 && Earlier.IsEmpty ? 0 : _clock.GetTimestamp();
        IsScheduling = false;
        EndScheduleStep("scheduled");
        _holder.MayTravel();
        ulong version = _word >> VersionShift;
        SessionLease lease = _lease!;
        _lease = null; // from here on only handles keep it
        Volatile.Write(ref _word, (_word & ~PhaseMask) | Open);
        return new InvalidationSession(lease, version);
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

    private static bool Fits(ulong word, ulong version) => word >> VersionShift == version && (word & PhaseMask) == Open;
}
