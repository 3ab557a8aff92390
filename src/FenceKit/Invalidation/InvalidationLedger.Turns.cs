// SPDX-License-Identifier: MIT
namespace FenceKit;

// Turns of readers that would be overtaken for ever. A turn is read under all locks, before an invalidation takes a number: one that is
// refused has not touched the range, so it does not make the reader start again. Safety does not depend on turns: what is published
// is decided by the numbers, with a turn or without.
internal sealed partial class InvalidationLedger
{
    private HeldTurn? _firstTurn; // under all locks: those that are not idle, a few at most

    /// <summary>Whether a schedule has to read the clock, before it enters the locks, and then enters all of them. A turn that is just being taken is not overdue.</summary>
    internal bool HasTurns => Volatile.Read(ref _firstTurn) is not null;

    /// <summary>The number of the turn; 0 when somebody else comes first.</summary>
    internal long TryTakeTurn(HeldTurn turn, AddressRange range, long now, long ends)
    {
        StripeSet held = EnterEvery();
        try
        {
            bool wasIdle = turn.IsIdle;
            long number = turn.TryTake(range, now, ends);
            if (wasIdle)
            {
                turn.Next = _firstTurn;
                _firstTurn = turn;
            }

            return number;
        }
        finally
        {
            Exit(held);
        }
    }

    internal void EndTurn(HeldTurn turn, long number)
    {
        StripeSet held = EnterEvery();
        turn.End(number);
        DropIdleTurnsLocked();
        Exit(held);
    }

    /// <summary>The subscription is disposed; the ledger must not keep it.</summary>
    internal void DropTurn(HeldTurn turn)
    {
        StripeSet held = EnterEvery();
        turn.Drop();
        DropIdleTurnsLocked();
        Exit(held);
    }

    /// <summary>Under all locks, before <see cref="BeginLocked"/>: the reader for whom a schedule has to come again; null for nobody.</summary>
    internal InvalidationSubscription? FindTurnLocked(ReadOnlySpan<AddressRange> ranges, long now)
    {
        InvalidationSubscription? heldUpBy = null;
        for (HeldTurn? turn = _firstTurn; turn is not null; turn = turn.Next)
        {
            if (turn.HoldsUp(ranges, now))
            {
                heldUpBy = turn.Subscription;
            }
        }

        for (HeldTurn? turn = heldUpBy is null ? _firstTurn : null; turn is not null; turn = turn.Next)
        {
            turn.NotePassed(ranges);
        }

        if (_firstTurn is not null)
        {
            DropIdleTurnsLocked();
        }

        return heldUpBy;
    }

    private void DropIdleTurnsLocked()
    {
        HeldTurn? previous = null;
        for (HeldTurn? turn = _firstTurn; turn is not null; turn = turn.Next)
        {
            if (!turn.IsIdle)
            {
                previous = turn;
            }
            else if (previous is null)
            {
                _firstTurn = turn.Next;
            }
            else
            {
                previous.Next = turn.Next;
            }
        }
    }
}
