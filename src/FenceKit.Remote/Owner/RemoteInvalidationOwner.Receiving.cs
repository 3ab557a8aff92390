// SPDX-License-Identifier: MIT
using System.Buffers;

namespace FenceKit.Remote;

// Messages from nodes. They arrive on a thread of the transport; each is decided under the gate, and answered outside it.
public sealed partial class RemoteInvalidationOwner
{
    private void Receive(ReadOnlySpan<byte> bytes)
    {
        if (!RemoteMessage.TryRead(bytes, _channels.Domain, out RemoteMessage message))
        {
            Interlocked.Increment(ref _rejected);
            return;
        }

        RemoteMessageHeader header = message.Header;
        switch (header.Kind)
        {
            case RemoteMessageKind.Join:
                Join(in header, message.Name);
                break;
            case RemoteMessageKind.Renew:
                Renew(in header);
                break;
            case RemoteMessageKind.Acknowledge:
                Acknowledge(in header);
                break;
            case RemoteMessageKind.Leave:
                Leave(in header);
                break;
            default:
                Interlocked.Increment(ref _rejected); // sent by an owner
                break;
        }
    }

    /// <summary>
    /// Handles the join of a node without copies. It becomes a member before the grant is written, so a later session waits for it; the
    /// grant lists what is open now, and the node closes that before it opens its range.
    /// </summary>
    private void Join(in RemoteMessageHeader header, string name)
    {
        RemoteMember? replaced = null;
        RemoteMember? joined = null;
        byte[]? grant = null;
        int length = 0;
        string channel = _channels.OfNode(header.Node);
        using (_gate.Enter())
        {
            if (_isDisposed)
            {
                return;
            }

            if (_members.TryGetValue(header.Node, out RemoteMember? member) && header.Incarnation > member.Incarnation)
            {
                // It dropped everything before it sent this: that counts as an answer to all outstanding schedules.
                _replaced += AnswerAll(member);
                _members.Remove(member.Node);
                replaced = member;
                member = null;
            }

            if (member is null)
            {
                if (_members.Count >= _options.NodeCapacity)
                {
                    _full++;
                }
                else
                {
                    member = joined = new RemoteMember(
                        in header, ++_lastMembership, name.Length > 0 ? name : $"{header.Node:x32}", channel, _open.Length, _options.TimeProvider);
                    _members.Add(member.Node, member);
                }
            }

            if (member is not null && header.Incarnation == member.Incarnation)
            {
                grant = TryGrant(member, header.Number, out length);
            }
        }

        AddNameplate(joined);
        DisposeNameplate(replaced);
        Reply(channel, grant, length);
    }

    private void Renew(in RemoteMessageHeader header)
    {
        RemoteMember? dead = null;
        byte[]? reply = null;
        int length = 0;
        using (_gate.Enter())
        {
            if (_isDisposed)
            {
                return;
            }

            if (!_members.TryGetValue(header.Node, out RemoteMember? member) || header.Epoch != _epoch || !member.IsAddressedBy(in header))
            {
                reply = Expel(in header, out length);
            }
            else if (_time.Now >= member.Until)
            {
                // A session may have completed because of the expiry, so the incarnation stays dead.
                _expired += AnswerAll(member);
                _members.Remove(member.Node);
                dead = member;
                reply = Expel(in header, out length);
            }
            else
            {
                reply = TryGrant(member, header.Number, out length);
            }
        }

        DisposeNameplate(dead);
        Reply(_channels.OfNode(header.Node), reply, length);
    }

    private void Acknowledge(in RemoteMessageHeader header)
    {
        using (_gate.Enter())
        {
            if (!_members.TryGetValue(header.Node, out RemoteMember? member) || header.Epoch != _epoch || !member.IsAddressedBy(in header))
            {
                return;
            }

            foreach (OpenInvalidation invalidation in _open)
            {
                if (invalidation.IsTaken && invalidation.Invalidation.Number == header.Number && member[invalidation.Index].IsWaiting)
                {
                    Answer(member, invalidation);
                    _acknowledged++;
                }
            }
        }

        SignalAnswered();
    }

    private void Leave(in RemoteMessageHeader header)
    {
        RemoteMember? member;
        using (_gate.Enter())
        {
            if (!_members.TryGetValue(header.Node, out member) || header.Epoch != _epoch || !member.IsAddressedBy(in header))
            {
                return;
            }

            _replaced += AnswerAll(member);
            _members.Remove(member.Node);
        }

        DisposeNameplate(member);
    }

    /// <summary>
    /// Writes a grant, under the gate. Null when the node has left a schedule unanswered for too long: it does not receive messages, and
    /// renewing its lease would delay sessions forever. The end of the lease is recorded before the grant can be sent.
    /// </summary>
    private byte[]? TryGrant(RemoteMember member, ulong request, out int length)
    {
        length = 0;
        long now = _time.Now;
        if (member.IsSilentSince(now - _silenceLimit))
        {
            _withheld++;
            return null;
        }

        member.Until = Math.Max(member.Until, now + _promise);
        _grants++;
        byte[] grant = ArrayPool<byte>.Shared.Rent(RemoteMessage.LengthOfGrant(_open.Length));
        RemoteMessageHeader header = new(RemoteMessageKind.Grant, member.Node, member.Incarnation, _epoch, member.Membership, request);
        RemoteMessage.WriteGrant(grant, _channels.Domain, in header, _options.Lease, _lastNumber);
        int count = 0;
        foreach (OpenInvalidation invalidation in _open)
        {
            if (invalidation.IsAsked)
            {
                RemoteMessage.WriteOpen(grant, count++, invalidation.Invalidation);
            }
        }

        length = RemoteMessage.LengthOfGrant(count);
        return grant;
    }

    private byte[] Expel(in RemoteMessageHeader header, out int length)
    {
        _expelled++;
        byte[] reply = ArrayPool<byte>.Shared.Rent(RemoteMessage.LengthOfJoin);
        RemoteMessageHeader answer = new(RemoteMessageKind.Expel, header.Node, header.Incarnation, _epoch, header.Membership, header.Number);
        length = RemoteMessage.Write(reply, _channels.Domain, in answer);
        return reply;
    }

    private void Reply(string channel, byte[]? reply, int length)
    {
        if (reply is not null)
        {
            _link.Send(channel, reply.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(reply);
        }

        _pump.Wake(); // the next due time may have changed
    }

    /// <summary>Under the gate.</summary>
    private void Answer(RemoteMember member, OpenInvalidation invalidation)
    {
        _answered.Enqueue(member.Answer(invalidation.Index));
        if (--invalidation.Unanswered == 0)
        {
            _answered.Enqueue(invalidation.Source);
        }
    }

    /// <summary>Under the gate.</summary>
    private int AnswerAll(RemoteMember member)
    {
        int answers = 0;
        foreach (OpenInvalidation invalidation in _open)
        {
            if (member[invalidation.Index].IsWaiting)
            {
                Answer(member, invalidation);
                answers++;
            }
        }

        return answers;
    }

    /// <summary>Adds the subscription that names a new member, outside the gate.</summary>
    private void AddNameplate(RemoteMember? joined)
    {
        if (joined is null)
        {
            return;
        }

        try
        {
            InvalidationSubscriptionOptions after = new() { After = _rosterSubscription };
            SetNameplate(joined, _notifier.Subscribe(_range, new Nameplate(this, joined), joined.Name, after));
        }
        catch (ObjectDisposedException)
        {
            // The notifier is disposed: there will be no session that could list the member.
        }
    }

    private void SetNameplate(RemoteMember joined, InvalidationSubscription nameplate)
    {
        using (_gate.Enter())
        {
            joined.Nameplate = nameplate;
            if (_members.TryGetValue(joined.Node, out RemoteMember? current) && current == joined)
            {
                return;
            }
        }

        DisposeNameplate(joined); // the member left while its name was being added
    }

    /// <summary>Disposes the name of a former member. Does not wait: a callback that uses the name may wait for this thread.</summary>
    private void DisposeNameplate(RemoteMember? former)
    {
        SignalAnswered();
        if (former is not null)
        {
            _ = CloseAsync(former).AsTask();
        }
    }
}
