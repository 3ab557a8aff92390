// SPDX-License-Identifier: MIT
namespace FenceKit;

/// <summary>
/// The turn at one subscription: that of a reader, during which schedules over its range are refused, or that of an owner whose schedule
/// was refused. All of it is read and written under the ledger's locks; it is in the ledger's list while it is not idle.
/// </summary>
/// <remarks>
/// <code>
///   state   meaning                                                   next
///   Idle    no turn                                                   Reader, by TryTakeTurn
///   Reader  schedules over the range are refused                      Idle, when it ends and no owner was refused
///                                                                     Owner, when it ends and one was, or its time is over
///   Owner   no turn for readers until a schedule has passed           Idle, by the next schedule over the range
/// </code>
/// From every state: Idle, by Drop, when the subscription is disposed.
/// </remarks>
internal sealed class HeldTurn(InvalidationSubscription subscription)
{
    private AddressRange _range;
    private long _ends; // a timestamp of the notifier's clock, read outside the locks because the clock is user code
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

    /// <summary>The next turn in the ledger's list.</summary>
    internal HeldTurn? Next { get; set; }

    internal bool IsIdle => _state == State.Idle;

    /// <summary>Takes a turn for a reader. Returns its number, or 0 when the reader has to wait.</summary>
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

    /// <summary>Ends a reader's turn. The number of an older turn has no effect on a later one.</summary>
    internal void End(long number)
    {
        if (_state == State.Reader && number == _number)
        {
            _state = _hasRefused ? State.Owner : State.Idle;
        }
    }

    /// <summary>Ends any turn when the subscription is disposed.</summary>
    internal void Drop() => _state = State.Idle;

    /// <summary>Whether a schedule over these ranges is refused.</summary>
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

    /// <summary>Ends an owner's turn when the schedule over its range has begun.</summary>
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
