// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The word of a <see cref="FenceCallback"/>, and the only code that writes it: the number of the round above, what has become of the round in
/// the low bits. The number tells a finished round from the next one, because a callback may be added again before the signaler that runs it
/// has returned.
/// </summary>
/// <remarks>
/// <code>
///   Idle ──► Queued ──► Detached ──► Running ──► (Finished)
///    ▲         │ ▲                      │            │
///    └─────────┘ └──── added again ─────┴────────────┘
///   (removed)
///
/// from                      to        by                     who, and under what
/// ------------------------  --------  ---------------------  -------------------------------------------------------------------------
/// Idle, Running, Finished   Queued    BeginRound             the adder, under the lock bit of the timeline that the node belongs to
/// Queued                    Idle      Withdraw               the remover, under that lock bit
/// Queued                    Detached  Detach                 the signaler, under that lock bit; the outcome is written first
/// Detached                  Running   Run                    the signaler, alone: nobody else writes the word of a detached node
/// Running                   Finished  End                    the signaler, see below
/// any, of an internal one   Idle      Free                   the thread that takes its continuation out; there is no Finished then
/// </code>
/// A round ends in one of two ways. By a plain store, the usual way: <c>_finished</c> takes the word, which stays. A store cannot lose against an
/// adder, because it goes to a field of its own; and not against another signaler, because there is at most one such round whose end is
/// outstanding: the adder makes a round of this kind only when the last one has ended (<c>_finished</c> has its number). Otherwise, when a
/// callback adds itself again from inside, or somebody does while it still runs, the new round is Overlapped: its end is a CAS on the word,
/// which fails when the word has gone on.
/// </remarks>
internal struct CallbackState
{
    private const long PhaseMask = 7;
    private const long Overlapped = 8;
    private const long Internal = 16; // for ever
    private const long NextRound = 32;
    private const long RoundMask = -NextRound;
    private const long Idle = 0;
    private const long Running = 1;
    private const long Finished = 2;
    private const long Busy = 4; // a bit of the two in which nobody else may add it
    private const long Queued = Busy | 0;
    private const long Detached = Busy | 1;

    private long _word;
    private long _finished;  // the word as the last plain round left it; by the signaler of that round, or by the remover
    private long _lastPlain; // under the lock bit, and only for a word that is Overlapped: the plain round that was outstanding then

    internal CallbackState(bool isInternal) => _word = isInternal ? Internal : 0;

    /// <summary>See <see cref="FenceCallback.IsInternal"/>; a bit that never changes.</summary>
    internal readonly bool IsInternal => (_word & Internal) != 0;

    /// <summary>The word as it is now: a later <see cref="IsStillQueued"/> with it tells whether the same round is still waiting.</summary>
    internal readonly long Round => Volatile.Read(in _word);

    /// <summary>Waits for a fence, or is about to run.</summary>
    internal readonly bool IsBusy => (Round & Busy) != 0;

    /// <summary>Whether nobody waits with the node; asked of internal ones.</summary>
    internal readonly bool IsFree => (Round & PhaseMask) == Idle;

    internal readonly bool IsQueued => IsQueuedIn(Round);

    internal static bool IsQueuedIn(long round) => (round & PhaseMask) == Queued;

    internal readonly bool IsStillQueued(long round) => round == Round && IsQueuedIn(round);

    /// <summary>The node waits from here on. It is not busy.</summary>
    /// <returns>The word of the round while it waits; never 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long BeginRound()
    {
        long round = (_word & RoundMask) + NextRound;
        long word = round | Queued | (_word & Internal);

        // Of an internal node nobody says that it has ended.
        if ((_word & Internal) == 0)
        {
            long plain = (_word & Overlapped) == 0 ? _word & RoundMask : _lastPlain;
            if ((Volatile.Read(ref _finished) & RoundMask) != plain) // an acquire: pairs with the store in End; what the callback did is done
            {
                word |= Overlapped;
                _lastPlain = plain;
            }
        }

        Volatile.Write(ref _word, word);
        return word;
    }

    /// <summary>The node no longer waits, and will not run.</summary>
    internal void Withdraw()
    {
        if ((_word & Overlapped) == 0)
        {
            // Nobody else will end the round; and nobody else writes here, since it began when no other plain one was outstanding.
            Volatile.Write(ref _finished, _word & RoundMask); // the word as it is about to be
        }

        SetPhase(Idle);
    }

    /// <summary>Another wait may use the internal node. Its adder reads this under the lock bit.</summary>
    internal void Free() => SetPhase(Idle);

    /// <summary>The node is out of the list and will run. Readers of its outcome have seen the lock bit cleared, or taken it since.</summary>
    internal void Detach() => SetPhase(Detached);

    /// <summary>The callback begins.</summary>
    /// <returns>The word while it runs, for <see cref="End"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long Run()
    {
        long running = (_word & ~PhaseMask) | Running;
        Volatile.Write(ref _word, running);
        return running;
    }

    /// <summary>The callback is over.</summary>
    /// <param name="running">What <see cref="Run"/> returned. The word itself may have gone on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void End(long running)
    {
        if ((running & Overlapped) == 0)
        {
            Volatile.Write(ref _finished, running); // a release: pairs with BeginRound and HasEnded
        }
        else
        {
            // Fails when the callback was added again meanwhile: then the next round owns the word.
            Interlocked.CompareExchange(ref _word, (running & ~PhaseMask) | Finished, running);
        }
    }

    /// <summary>What to answer a remover that did not find the node in the list.</summary>
    internal readonly FenceCallbackRemoval DescribeAbsence()
    {
        long word = Round;
        return (word & PhaseMask) switch
        {
            Running when HasEnded(word) => FenceCallbackRemoval.Finished,
            Detached or Running => FenceCallbackRemoval.Running,
            Finished => FenceCallbackRemoval.Finished,
            _ => FenceCallbackRemoval.NotAdded,
        };
    }

    /// <summary>The phase, for people.</summary>
    public override readonly string ToString() => (_word & PhaseMask) switch
    {
        Idle => "idle",
        Queued => "waiting",
        Detached => "about to run",
        Running when !HasEnded(_word) => "running",
        _ => "finished",
    };

    /// <summary>Whether the round has ended, or a later one has: then this one has for certain.</summary>
    private readonly bool HasEnded(long word) => (word & Overlapped) == 0 && Volatile.Read(in _finished) >= (word & RoundMask);

    private void SetPhase(long phase) => Volatile.Write(ref _word, (_word & ~PhaseMask) | phase);
}
