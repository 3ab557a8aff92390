// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The state word of a <see cref="FenceCallback"/>, and the only code that writes it. A round lasts from adding the callback to its end. The
/// high bits are the number of the round, the low bits its phase. The number distinguishes a finished round from the next one, because a
/// callback may be added again before the signaler that runs it has returned.
/// </summary>
/// <remarks>
/// <code>
///   Idle ──► Queued ──► Detached ──► Running ──► (Finished)
///    ▲         │ ▲                      │            │
///    └─────────┘ └──── added again ─────┴────────────┘
///   (removed)
///
/// from                      to        by                     who, and under which lock
/// ------------------------  --------  ---------------------  -------------------------------------------------------------------------
/// Idle, Running, Finished   Queued    BeginRound             the adder, under the lock bit of the timeline that the node belongs to
/// Queued                    Idle      Withdraw               the remover, under the same lock bit
/// Queued                    Detached  Detach                 the signaler, under the same lock bit; the outcome is written first
/// Detached                  Running   Run                    the signaler; no other thread writes the word of a detached node
/// Running                   Finished  End                    the signaler, see below
/// any, if internal          Idle      Free                   the thread that takes the continuation; such a node has no Finished
/// </code>
/// A round ends in one of two ways. A plain round ends by a store: <c>_finished</c> gets the word, which itself is unchanged. The store does
/// not race with an adder, because it goes to a separate field. It does not race with another signaler either, because at most one plain
/// round has not ended yet: the adder starts a plain round only if the last plain round has ended (<c>_finished</c> has its number).
/// Otherwise the callback is added while it is still running, by itself or by another thread, and the new round is overlapped: it ends by a
/// CAS on the word, which fails if a later round has begun.
/// </remarks>
internal struct CallbackState
{
    private const long PhaseMask = 7;
    private const long Overlapped = 8;
    private const long Internal = 16; // never changes
    private const long NextRound = 32;
    private const long RoundMask = -NextRound;
    private const long Idle = 0;
    private const long Running = 1;
    private const long Finished = 2;
    private const long Busy = 4; // a bit of the two phases in which the node must not be added
    private const long Queued = Busy | 0;
    private const long Detached = Busy | 1;

    private long _word;
    private long _finished;  // the word at the end of the last plain round; written by its signaler or remover
    private long _lastPlain; // under the lock bit, valid if the word is Overlapped: the last plain round

    internal CallbackState(bool isInternal) => _word = isInternal ? Internal : 0;

    /// <summary>See <see cref="FenceCallback.IsInternal"/>. Never changes.</summary>
    internal readonly bool IsInternal => (_word & Internal) != 0;

    /// <summary>The present word. Passed to <see cref="IsStillQueued"/> later, it tells whether the same round is still waiting.</summary>
    internal readonly long Round => Volatile.Read(in _word);

    /// <summary>Whether the callback waits for a fence, or is about to run.</summary>
    internal readonly bool IsBusy => (Round & Busy) != 0;

    /// <summary>Whether no wait uses the node. For internal nodes.</summary>
    internal readonly bool IsFree => (Round & PhaseMask) == Idle;

    internal readonly bool IsQueued => IsQueuedIn(Round);

    internal static bool IsQueuedIn(long round) => (round & PhaseMask) == Queued;

    internal readonly bool IsStillQueued(long round) => round == Round && IsQueuedIn(round);

    /// <summary>Begins a round: the node waits from here on. It must not be busy.</summary>
    /// <returns>The word of the round while the node waits; never 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long BeginRound()
    {
        long round = (_word & RoundMask) + NextRound;
        long word = round | Queued | (_word & Internal);

        // The end of a round of an internal node is not recorded.
        if ((_word & Internal) == 0)
        {
            long plain = (_word & Overlapped) == 0 ? _word & RoundMask : _lastPlain;
            if ((Volatile.Read(ref _finished) & RoundMask) != plain) // an acquire; pairs with the store in End, so that the effects of the last run are visible
            {
                word |= Overlapped;
                _lastPlain = plain;
            }
        }

        Volatile.Write(ref _word, word);
        return word;
    }

    /// <summary>Ends the round of a removed node, which will not run.</summary>
    internal void Withdraw()
    {
        if ((_word & Overlapped) == 0)
        {
            // No signaler will end this round, and no earlier plain round is still to be ended, so no other thread writes this field.
            Volatile.Write(ref _finished, _word & RoundMask); // the value that the word is about to get
        }

        SetPhase(Idle);
    }

    /// <summary>Frees an internal node for another wait, whose adder reads the word under the lock bit.</summary>
    internal void Free() => SetPhase(Idle);

    /// <summary>Marks a node that was taken out of the list and will run. Its outcome is read only after the lock bit was released.</summary>
    internal void Detach() => SetPhase(Detached);

    /// <summary>Marks the callback as running.</summary>
    /// <returns>The word while the callback runs, for <see cref="End"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal long Run()
    {
        long running = (_word & ~PhaseMask) | Running;
        Volatile.Write(ref _word, running);
        return running;
    }

    /// <summary>Marks the callback as finished.</summary>
    /// <param name="running">The result of <see cref="Run"/>. The word itself may belong to a later round by now.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void End(long running)
    {
        if ((running & Overlapped) == 0)
        {
            Volatile.Write(ref _finished, running); // a release; pairs with the reads in BeginRound and HasEnded
        }
        else
        {
            // Fails if the callback was added again in the meantime: then the word belongs to the next round.
            Interlocked.CompareExchange(ref _word, (running & ~PhaseMask) | Finished, running);
        }
    }

    /// <summary>Returns the result for a remover that did not find the node in the list.</summary>
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

    /// <summary>Describes the phase, for the debugger.</summary>
    public override readonly string ToString() => (_word & PhaseMask) switch
    {
        Idle => "idle",
        Queued => "waiting",
        Detached => "about to run",
        Running when !HasEnded(_word) => "running",
        _ => "finished",
    };

    /// <summary>Whether the plain round of a word has ended. It has if a later one has ended.</summary>
    private readonly bool HasEnded(long word) => (word & Overlapped) == 0 && Volatile.Read(in _finished) >= (word & RoundMask);

    private void SetPhase(long phase) => Volatile.Write(ref _word, (_word & ~PhaseMask) | phase);
}
