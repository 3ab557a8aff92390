// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The pooled object behind an <see cref="InvalidationSession"/>.</summary>
internal sealed partial class InvalidationSessionState : ActiveInvalidation
{
    // One word: the version (which session this is) in the upper bits, then the number of threads inside a member, then the phase.
    //
    //   phase      users  meaning                                      next
    //   Free       0      in the pool                                  Scheduling, by the thread that rented it
    //   Scheduling 0      phase A; only the scheduling thread has it   Open, or Closing (refused)
    //   Open       n      open; the owner may use it                   Closing, by the thread whose CAS commits, backs off, or finds the
    //                                                                  session forgotten
    //   Closing    n      ended; members in progress finish            Free with the next version, by the last thread to leave
    //
    // A handle with another version, or in another phase, is refused, so an old handle cannot reach an object that serves another session.
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
    private static InvalidationSessionState? t_calling; // the innermost session, of any notifier, whose callbacks run on this thread

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

    /// <summary>The name of the sessions' owner, for people.</summary>
    internal string Name { get; }

    /// <summary>The pool of the object; set once, when the pool creates it.</summary>
    internal SessionPool? Pool { get; init; }

    /// <summary>The stripe near which the object was rented, and near which it is kept when it is free.</summary>
    internal LedgerStripe? Home { get; set; }

    /// <summary>The session from whose callback this session was scheduled, on the same thread.</summary>
    private InvalidationSessionState? Outer { get; set; }

    internal void BeginScheduling(SessionLease lease)
    {
        Debug.Assert((_word & ~(ulong.MaxValue << VersionShift)) == Free, "Only a free object is rented.");
        _lease = lease;
        _holder.Set(); // before BeginLocked, which makes the session known to readers
        Volatile.Write(ref _word, _word | Scheduling);
    }

    /// <summary>Returns the object when phase A did not begin.</summary>
    internal void CancelScheduling() => Recycle();

    /// <summary>Marks this thread as inside callbacks of the session.</summary>
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

    /// <summary>Ends phase A when no subscriber refused: the session is open.</summary>
    internal InvalidationSession OpenUp()
    {
        _scheduled = _holderCount == 0 && Earlier.IsEmpty ? 0 : _clock.GetTimestamp();
        IsScheduling = false;
        EndScheduleStep("scheduled");
        _holder.MayTravel();
        ulong version = _word >> VersionShift;
        SessionLease lease = _lease!;
        _lease = null; // from here on only the handles refer to it
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

    /// <summary>Ends a use. The last thread to leave an ended session returns the object.</summary>
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
