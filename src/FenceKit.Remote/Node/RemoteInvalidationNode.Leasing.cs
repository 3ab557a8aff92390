// SPDX-License-Identifier: MIT
using System.Buffers;

namespace FenceKit.Remote;

// The life of a lease: drop everything, join, hold, renew, lose. All of it runs on the pump, one thread at a time.
public sealed partial class RemoteInvalidationNode
{
    private const int MostRequests = 32;

    private static readonly TimeSpan s_firstRepeat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longestRepeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_retryInterval = TimeSpan.FromMilliseconds(5); // for a schedule that a local subscriber refused
    private static readonly TimeSpan s_leaveLimit = TimeSpan.FromSeconds(1);

    private readonly Dictionary<ulong, long> _requests = []; // the time of sending of each request, by this node's clock
    private readonly long[] _lost = new long[4];             // lost leases, by reason
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _leased = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LocalInvalidation _drop; // a session over the whole range while there is no lease
    private Phase _phase;
    private ulong _incarnation = 1;
    private ulong _epoch;
    private ulong _membership;
    private ulong _lastRequest;
    private TimeSpan _lease;
    private TimeSpan _repeat = s_firstRepeat;
    private long _nextRequest;
    private long _leaveBy = long.MaxValue;
    private int _isLeaving;
    private RemoteMessageHeader _leaveMessage;

    private enum Phase
    {
        /// <summary>No lease; the copies are being dropped.</summary>
        Dropping,

        /// <summary>No lease, and no copies.</summary>
        Joining,

        /// <summary>There is a lease, which may have run out in the meantime.</summary>
        Leased,

        /// <summary>The node has left.</summary>
        Left,
    }

    /// <summary>Does what is due, and returns the time until something else is due.</summary>
    internal TimeSpan Pump()
    {
        try
        {
            return PumpOpen();
        }
        catch (ObjectDisposedException)
        {
            // The notifier is disposed, so there are no subscribers to call: nothing is served any more.
            Volatile.Write(ref _until, 0); // pairs with the read in IsLeased
            FinishForGood();
            return Timeout.InfiniteTimeSpan;
        }
    }

    private TimeSpan PumpOpen()
    {
        if (Volatile.Read(ref _isLeaving) != 0 && _leaveBy == long.MaxValue)
        {
            BeginLeaving();
        }

        while (UninterruptedWork.Run(_inbox, static inbox => inbox.TryDequeue(out byte[]? next) ? next : null) is { } message)
        {
            Take(message);
        }

        if (_phase == Phase.Leased && _time.Now >= _until)
        {
            Lose(LeaseLossReason.Expired);
        }

        bool isRefused = false;
        foreach ((ulong number, LocalInvalidation local) in _sessions)
        {
            Advance(number, local);
            isRefused |= !local.IsScheduled;
        }

        if (_phase == Phase.Dropping)
        {
            Drop();
            isRefused |= _phase == Phase.Dropping && !_drop.IsScheduled;
        }

        if (_phase is Phase.Joining or Phase.Leased && _time.Now >= _nextRequest)
        {
            Request();
        }

        return isRefused ? s_retryInterval : FindIdleTime();
    }

    private TimeSpan FindIdleTime()
    {
        long next = _phase switch
        {
            Phase.Dropping => _leaveBy,
            Phase.Joining => Math.Min(_nextRequest, _leaveBy),
            Phase.Leased => Math.Min(_nextRequest, _until),
            _ => long.MaxValue,
        };
        long now = _time.Now;
        return next == long.MaxValue ? Timeout.InfiniteTimeSpan : _time.Until(Math.Max(next, now + 1), now);
    }

    /// <summary>
    /// Starts to drop all copies, and keeps the range closed until the next lease. A request is sent only when everything has been dropped.
    /// </summary>
    private void Drop()
    {
        bool isDone = _drop.TryComplete();
        if (_drop.IsScheduled && _sessions.Count > 0)
        {
            EndAll(); // the session over the whole range replaces them
        }

        if (_leaveBy != long.MaxValue)
        {
            if (isDone || _drop.TryComplete() || _time.Now >= _leaveBy)
            {
                FinishLeaving(_drop.TryComplete());
            }

            return;
        }

        if (isDone || _drop.TryComplete())
        {
            _phase = Phase.Joining;
            _repeat = s_firstRepeat;
            TimeSpan jitter = _incarnation > 1 ? _options.RejoinJitter * Random.Shared.NextDouble() : TimeSpan.Zero;
            _nextRequest = _time.Now + _time.Ceiling(jitter);
        }
    }

    private void Request()
    {
        if (_requests.Count >= MostRequests)
        {
            _requests.Remove(_requests.MinBy(request => request.Value).Key);
        }

        // Read before the request is sent: the lease runs from this moment, however long request and answer take.
        long now = _time.Now;
        _requests.Add(++_lastRequest, now);
        if (_phase == Phase.Joining)
        {
            Send(RemoteMessageKind.Join, _lastRequest);
            _nextRequest = now + _time.Ceiling(_repeat);
            _repeat = _repeat * 2 < s_longestRepeat ? _repeat * 2 : s_longestRepeat;
        }
        else
        {
            Send(RemoteMessageKind.Renew, _lastRequest);
            _nextRequest = now + _time.Ceiling(_lease / 8);
        }
    }

    private void Begin(in RemoteMessageHeader header, TimeSpan lease, long sentAt, long until)
    {
        bool isFirst = _phase == Phase.Joining;
        _grants++;
        _lease = lease;
        _nextRequest = Math.Max(_nextRequest, sentAt + _time.Ceiling(lease / 4));
        if (!isFirst)
        {
            _requests.Remove(header.Number);
            Volatile.Write(ref _until, Math.Max(_until, until));
            return;
        }

        // Outstanding requests belong to a node without copies; from now on it may have some.
        _requests.Clear();
        _epoch = header.Epoch;
        _membership = header.Membership;
        _phase = Phase.Leased;
        _nextRequest = sentAt + _time.Ceiling(lease / 4);

        // Written before the range opens. Pairs with the read in IsLeased, so a reader that enters sees the lease.
        Volatile.Write(ref _until, until);
        _drop.End(isCommitted: false);
        _leased.TrySetResult();
    }

    /// <summary>
    /// Ends the lease: nothing is served any more, and all copies are dropped. The incarnation is incremented: the owner takes a higher one
    /// as proof that everything was dropped, so it is sent only when that is done.
    /// </summary>
    private void Lose(LeaseLossReason reason)
    {
        Volatile.Write(ref _until, 0); // pairs with the read in IsLeased
        ulong incarnation = _incarnation;
        Volatile.Write(ref _incarnation, incarnation + 1);
        _lost[(int)reason]++;
        _phase = Phase.Dropping;
        _epoch = 0;
        _membership = 0;
        _requests.Clear();
        ForgetEnds(); // the next owner starts counting again
        _drop = new LocalInvalidation(_notifier, _pump, _range, InvalidationReason.Discard);
        ForgetLease();
        Drop();
        try
        {
            LeaseLost?.Invoke(this, new LeaseLostEventArgs(reason, incarnation));
        }
        catch (Exception error)
        {
            // Correctness does not depend on the listeners of the event.
            UninterruptedWork.Restore(error is ThreadInterruptedException);
        }
    }

    private void BeginLeaving()
    {
        _leaveBy = _time.Now + _time.Ceiling(s_leaveLimit);
        if (_phase == Phase.Leased)
        {
            _leaveMessage = new RemoteMessageHeader(RemoteMessageKind.Leave, _node, _incarnation, _epoch, _membership, 0);
            Lose(LeaseLossReason.Left);
        }
        else
        {
            _phase = Phase.Dropping;
        }
    }

    private void FinishLeaving(bool isDropped)
    {
        if (isDropped && _leaveMessage.Kind == RemoteMessageKind.Leave)
        {
            Span<byte> message = stackalloc byte[RemoteMessage.LengthOfJoin];
            _link.Send(_channels.Owner, message[..RemoteMessage.Write(message, _channels.Domain, in _leaveMessage)]);
        }

        _drop.End(isCommitted: false);
        FinishForGood();
    }

    /// <summary>Makes later callers wait for the next lease.</summary>
    private void ForgetLease() =>
        Volatile.Write(ref _leased, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)); // pairs with the read in WaitForLeaseAsync

    /// <summary>Ends the node: there will be no more leases, and current and later waits for one fail.</summary>
    private void FinishForGood()
    {
        _phase = Phase.Left;
        if (_leased.Task.IsCompleted)
        {
            ForgetLease();
        }

        _leased.TrySetException(new ObjectDisposedException(ToString()));
        _ = _leased.Task.Exception; // waiting callers get the exception; without any, it must not be reported as unobserved
        _left.TrySetResult();
    }

    private void Send(RemoteMessageKind kind, ulong number)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(RemoteMessage.LengthOfJoin);
        RemoteMessageHeader header = new(kind, _node, _incarnation, _epoch, _membership, number);
        int length = kind == RemoteMessageKind.Join
            ? RemoteMessage.WriteJoin(message, _channels.Domain, in header, _name)
            : RemoteMessage.Write(message, _channels.Domain, in header);
        _link.Send(_channels.Owner, message.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(message);
    }
}
