// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

// Timed work: messages to nodes and their repetition, the end of leases, the end of the grace period. One thread at a time.
public sealed partial class RemoteInvalidationOwner
{
    private readonly Outgoing[] _outbox; // used by the pump only
    private readonly byte[] _message = new byte[RemoteMessage.LengthOfSchedule]; // used by the pump only

    /// <summary>Does what is due, and returns the time until something else is due.</summary>
    internal TimeSpan Pump()
    {
        EndGrace();
        while (ExpireOne() is { } dead)
        {
            DisposeNameplate(dead);
        }

        bool isMore;
        TimeSpan idle;
        do
        {
            int count = Collect(out isMore, out idle);
            foreach (ref readonly Outgoing outgoing in _outbox.AsSpan(0, count))
            {
                Send(in outgoing);
            }
        }
        while (isMore);
        return idle;
    }

    private void EndGrace()
    {
        using (_gate.Enter())
        {
            if (!_isInGrace || _time.Now < _graceEnds)
            {
                return;
            }

            _isInGrace = false;
        }

        _grace.Signal(1);
    }

    /// <summary>Removes a member whose last lease has ended; by now its own clock must agree.</summary>
    private RemoteMember? ExpireOne()
    {
        using (_gate.Enter())
        {
            long now = _time.Now;
            foreach (RemoteMember member in _all)
            {
                if (now >= member.Until)
                {
                    _expired += AnswerAll(member);
                    _members.Remove(member.Node);
                    return member;
                }
            }
        }

        return null;
    }

    /// <summary>Collects the messages to send, as many as there is room for, and the time when the next one is due.</summary>
    private int Collect(out bool isMore, out TimeSpan idle)
    {
        using (_gate.Enter())
        {
            int count = 0;
            while (_ended.Count > 0 && count + _members.Count <= _outbox.Length)
            {
                (ulong number, bool isCommitted) = _ended.Dequeue();
                foreach (RemoteMember member in _all)
                {
                    _outbox[count++] = new Outgoing(member, new RemoteInvalidation(number, default, default), IsEnd: true, isCommitted);
                }
            }

            long now = _time.Now;
            long next = _isInGrace ? _graceEnds : long.MaxValue;
            foreach (RemoteMember member in _all)
            {
                next = Math.Min(next, member.Until);
                for (int place = 0; member.Unanswered > 0 && place < _open.Length && count < _outbox.Length; place++)
                {
                    if (member[place].IsWaiting)
                    {
                        count += CollectOne(member, ref member[place], _open[place], count, now);
                        next = Math.Min(next, member[place].SentAt + _repeatInterval);
                    }
                }
            }

            isMore = _ended.Count > 0 || count == _outbox.Length;
            idle = next == long.MaxValue ? Timeout.InfiniteTimeSpan : _time.Until(Math.Max(next, now + 1), now);
            return count;
        }
    }

    /// <summary>
    /// Collects a repeated message to a member that has not answered: of the schedule while the session is open, of the end afterwards.
    /// </summary>
    private int CollectOne(RemoteMember member, ref RemoteMember.Expectation expectation, OpenInvalidation invalidation, int count, long now)
    {
        if (expectation.IsSent && now - expectation.SentAt < _repeatInterval)
        {
            return 0;
        }

        _repeats += expectation.IsSent ? 1 : 0;
        expectation.IsSent = true;
        expectation.SentAt = now;
        _outbox[count] = new Outgoing(member, invalidation.Invalidation, !invalidation.IsAsked, invalidation.IsCommitted);
        return 1;
    }

    private void Send(in Outgoing outgoing)
    {
        RemoteMember to = outgoing.Member;
        RemoteInvalidation invalidation = outgoing.Invalidation;
        RemoteMessageKind kind = outgoing.IsEnd ? RemoteMessageKind.End : RemoteMessageKind.Schedule;
        RemoteMessageHeader header = new(kind, to.Node, to.Incarnation, _epoch, to.Membership, invalidation.Number);
        int length = outgoing.IsEnd
            ? RemoteMessage.WriteEnd(_message, _channels.Domain, in header, outgoing.IsCommitted)
            : RemoteMessage.WriteSchedule(_message, _channels.Domain, in header, in invalidation);
        _link.Send(to.Channel, _message.AsSpan(0, length));
    }

    private readonly record struct Outgoing(RemoteMember Member, RemoteInvalidation Invalidation, bool IsEnd, bool IsCommitted);
}
