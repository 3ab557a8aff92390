// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// Whose turn it is at one subscription: that of a reader, in which schedules over its range are refused, or that of the owner whom it held up. All of
/// it is read and written under the ledger's lock; in the ledger's list while it is not idle.
/// </summary>
/// <remarks>
/// <code>
///   state   meaning                                                   next
///   Idle    as ever                                                   Reader, by TryTakeTurn
///   Reader  schedules over the range are refused                      Idle, when it ends and nobody was refused
///                                                                     Owner, when it ends and somebody was, or its time is over
///   Owner   no turn for readers until a schedule has passed           Idle, by the next schedule over the range
/// </code>
/// From every state: Idle, by Drop, when the subscription is disposed.
/// </remarks>
internal sealed class HeldTurn(InvalidationSubscription subscription)
{
    private AddressRange _range;
    private long _ends; // a timestamp of the notifier's clock, which is read outside the lock: it is a user's
    private long _number;
    private bool _hasRefused;
    private State _state;

    private enum State
    {
        Idle,
        Reader,
        Owner,
    }

    internal InvalidationSubscription Subscription { get; } = subscription;

    /// <summary>The next in the ledger's list.</summary>
    internal HeldTurn? Next { get; set; }

    internal bool IsIdle => _state == State.Idle;

    /// <summary>The number of the reader's turn, or 0 when it has to wait.</summary>
    internal long TryTake(AddressRange range, long now, long ends)
    {
        EndIfOverdue(now);
        if (_state != State.Idle)
        {
            return 0;
        }

        _range = range;
        _ends = ends;
        _hasRefused = false;
        _state = State.Reader;
        return ++_number;
    }

    /// <summary>A reader's turn ends; one that is over already ends no later one.</summary>
    internal void End(long number)
    {
        if (_state == State.Reader && number == _number)
        {
            _state = _hasRefused ? State.Owner : State.Idle;
        }
    }

    /// <summary>The subscription is disposed: the reader that had the turn has it no longer.</summary>
    internal void Drop() => _state = State.Idle;

    /// <summary>Somebody is about to schedule. True: it is refused.</summary>
    internal bool HoldsUp(ReadOnlySpan<AddressRange> ranges, long now)
    {
        bool isConcerned = false;
        foreach (AddressRange range in ranges)
        {
            isConcerned |= range.Overlaps(_range);
        }

        EndIfOverdue(now);
        _hasRefused |= isConcerned;
        return isConcerned && _state == State.Reader;
    }

    /// <summary>A schedule has begun: if it is the one that was owed, that is done.</summary>
    internal void NotePassed(ReadOnlySpan<AddressRange> ranges)
    {
        foreach (AddressRange range in ranges)
        {
            if (_state == State.Owner && range.Overlaps(_range))
            {
                _state = State.Idle;
            }
        }
    }

    private void EndIfOverdue(long now)
    {
        if (_state == State.Reader && now >= _ends)
        {
            _state = State.Owner;
        }
    }
}
