// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Remote;

// Messages from the owner. They are checked on arrival and processed in order by the pump, which alone uses the state below.
public sealed partial class RemoteInvalidationNode
{
    private const int MostInvalidations = 4096; // more than any owner has; the rest of a flood is dropped
    private const int MostMessages = 4096;
    private const int RememberedEnds = 256;

    private readonly ConcurrentQueue<byte[]> _inbox = new();
    private readonly Dictionary<ulong, LocalInvalidation> _sessions = []; // by the number that the owner gave
    private readonly Queue<ulong> _endOrder = new();
    private readonly HashSet<ulong> _ends = []; // so that a schedule that arrives after its end closes nothing
    private int _openCount;
    private long _grants;
    private long _acknowledged;
    private long _rejected;

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        if (!RemoteMessage.TryRead(bytes, _channels.Domain, out RemoteMessage message)
            || message.Header.Node != _node
            || !TryKeep(bytes))
        {
            Interlocked.Increment(ref _rejected);
            return;
        }

        _pump.Wake();
    }

    /// <summary>Queues a message. False when there is no room.</summary>
    private bool TryKeep(ReadOnlySpan<byte> bytes) => UninterruptedWork.Run((_inbox, bytes.ToArray()), static queued =>
    {
        (ConcurrentQueue<byte[]> inbox, byte[] message) = queued;
        if (inbox.Count >= MostMessages)
        {
            return false;
        }

        inbox.Enqueue(message);
        return true;
    });

    private void Take(byte[] bytes)
    {
        _ = RemoteMessage.TryRead(bytes, _channels.Domain, out RemoteMessage message);
        RemoteMessageHeader header = message.Header;
        if (header.Incarnation != _incarnation)
        {
            return; // for an earlier incarnation
        }

        switch (header.Kind)
        {
            case RemoteMessageKind.Grant:
                Grant(in message);
                break;
            case RemoteMessageKind.Expel when _phase == Phase.Leased:
                Lose(header.Epoch == _epoch ? LeaseLossReason.Expelled : LeaseLossReason.NewOwner);
                break;
            case RemoteMessageKind.Schedule when IsFromOwner(in header):
                Schedule(message.Invalidation);
                break;
            case RemoteMessageKind.End when IsFromOwner(in header):
                End(header.Number, message.IsCommitted);
                break;
            default:
                break; // it belongs to another lease, or was sent by a node
        }
    }

    private bool IsFromOwner(in RemoteMessageHeader header) =>
        _phase == Phase.Leased && header.Epoch == _epoch && header.Membership == _membership;

    /// <summary>
    /// Accepts a lease if the request is known. The lease counts from the time of sending; a node that has dropped everything since has
    /// forgotten its requests.
    /// </summary>
    private void Grant(in RemoteMessage message)
    {
        RemoteMessageHeader header = message.Header;
        if (!_requests.TryGetValue(header.Number, out long sentAt) || _phase is not (Phase.Joining or Phase.Leased))
        {
            return;
        }

        if (message.Lease > _options.MaximumLease)
        {
            Interlocked.Increment(ref _rejected);
            return;
        }

        if (_phase == Phase.Leased && header.Epoch != _epoch)
        {
            Lose(LeaseLossReason.NewOwner);
            return;
        }

        if (_phase == Phase.Leased && header.Membership != _membership)
        {
            return;
        }

        long until = sentAt + _time.Floor(message.Lease * (1 - _options.ClockDriftBound)) - _time.Ceiling(_time.Resolution);
        long now = _time.Now;
        if (_phase == Phase.Leased && now >= _until)
        {
            Lose(LeaseLossReason.Expired); // too late: a listener may have been told that it is over
            return;
        }

        if (now >= until || !TryClose(in message))
        {
            return; // of no use, or not possible without waiting: wait for the next grant
        }

        EndAllBut(in message);
        Begin(in header, message.Lease, sentAt, until);
    }

    /// <summary>
    /// Closes the ranges that the owner is invalidating before anything is opened. A node that has just joined need not answer for them; a
    /// node that missed the schedule must.
    /// </summary>
    private bool TryClose(in RemoteMessage grant)
    {
        for (int index = 0; index < grant.OpenCount; index++)
        {
            RemoteInvalidation open = grant.GetOpen(index);
            Schedule(open);
            if (_phase == Phase.Joining && _sessions.TryGetValue(open.Number, out LocalInvalidation? local) && !local.IsScheduled)
            {
                EndAll();
                return false;
            }
        }

        return true;
    }

    private void Schedule(RemoteInvalidation invalidation)
    {
        if (_ends.Contains(invalidation.Number))
        {
            return;
        }

        if (!_sessions.TryGetValue(invalidation.Number, out LocalInvalidation? local))
        {
            AddressRange range = invalidation.Range.Intersect(_range);
            if (range.IsEmpty)
            {
                Acknowledge(invalidation.Number);
                return;
            }

            if (_sessions.Count >= MostInvalidations)
            {
                Interlocked.Increment(ref _rejected);
                return;
            }

            local = new LocalInvalidation(_notifier, _pump, range, invalidation.Reason);
            _sessions.Add(invalidation.Number, local);
            Volatile.Write(ref _openCount, _sessions.Count);
        }

        local.IsAnswered = false; // the owner repeats the schedule: the answer was lost
        Advance(invalidation.Number, local);
    }

    /// <summary>Acknowledges when this process no longer uses the range, which stays closed until the end of the session.</summary>
    private void Advance(ulong number, LocalInvalidation local)
    {
        if (!local.IsAnswered && local.TryComplete())
        {
            local.IsAnswered = true;
            Acknowledge(number);
        }
    }

    private void Acknowledge(ulong number)
    {
        if (_phase == Phase.Leased)
        {
            _acknowledged++;
            Send(RemoteMessageKind.Acknowledge, number);
        }
    }

    /// <summary>
    /// Handles the end of a session: the range opens. If the schedule was not acknowledged yet, that happens now, because the owner keeps
    /// its entry until then; the session can no longer be committed.
    /// </summary>
    private void End(ulong number, bool isCommitted)
    {
        bool isAnswered = false;
        if (_sessions.Remove(number, out LocalInvalidation? local))
        {
            isAnswered = local.IsAnswered;
            local.End(isCommitted);
            Volatile.Write(ref _openCount, _sessions.Count);
        }

        if (_ends.Add(number))
        {
            _endOrder.Enqueue(number);
            if (_endOrder.Count > RememberedEnds)
            {
                _ends.Remove(_endOrder.Dequeue());
            }
        }

        if (!isAnswered)
        {
            Acknowledge(number);
        }
    }

    /// <summary>
    /// Ends all sessions that the owner had begun when it wrote the grant and that the grant does not list: their End message was lost.
    /// </summary>
    private void EndAllBut(in RemoteMessage grant)
    {
        if (_sessions.Count == 0)
        {
            return;
        }

        HashSet<ulong> open = [];
        for (int index = 0; index < grant.OpenCount; index++)
        {
            open.Add(grant.GetOpen(index).Number);
        }

        ulong highest = grant.Highest;
        foreach (ulong number in _sessions.Keys.Where(number => number <= highest && !open.Contains(number)).ToArray())
        {
            End(number, isCommitted: false);
        }
    }

    private void EndAll()
    {
        foreach (LocalInvalidation local in _sessions.Values)
        {
            local.End(isCommitted: false);
        }

        _sessions.Clear();
        Volatile.Write(ref _openCount, 0);
    }

    private void ForgetEnds()
    {
        _ends.Clear();
        _endOrder.Clear();
    }
}
