// SPDX-License-Identifier: MIT
namespace FenceKit;

// Turns for readers that would otherwise be overtaken forever. Turns are checked under all locks, before an invalidation takes a number: a
// refused invalidation has not touched the range, so it does not make the reader start again. Safety does not depend on turns: with or
// without one, the numbers decide what may be published.
internal sealed partial class InvalidationLedger
{
    private HeldTurn? _firstTurn; // the turns that are not idle, a few at most. Under all locks

    /// <summary>
    /// Whether a schedule has to read the clock before it enters the locks, and has to enter all of them. A schedule that misses a turn
    /// that is being taken just now does no harm: that turn is not overdue.
    /// </summary>
    internal bool HasTurns => Volatile.Read(ref _firstTurn) is not null;

    /// <summary>Takes a turn. Returns its number, or 0 when another reader comes first.</summary>
    internal long TryTakeTurn(HeldTurn turn, AddressRange range, long now, long ends)
    {
        StripeSet held = EnterEvery();
        using StripeScope scope = ExitAtEnd(held);
        bool wasIdle = turn.IsIdle;
        long number = turn.TryTake(range, now, ends);
        if (wasIdle)
        {
            turn.Next = _firstTurn;
            _firstTurn = turn;
        }

        return number;
    }

    internal void EndTurn(HeldTurn turn, long number)
    {
        StripeSet held = EnterEvery();
        turn.End(number);
        DropIdleTurnsLocked();
        Exit(held);
    }

    /// <summary>Removes a turn whose subscription is disposed.</summary>
    internal void DropTurn(HeldTurn turn)
    {
        StripeSet held = EnterEvery();
        turn.Drop();
        DropIdleTurnsLocked();
        Exit(held);
    }

    /// <summary>
    /// Under all locks, before <see cref="BeginLocked"/>: returns the subscription whose reader has the turn, so that the schedule is
    /// refused; null when there is none.
    /// </summary>
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
