// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

/// <summary>What a peer that can write to the channels, or read them too, can do, and what it cannot: the section "Security" of docs/beyond-one-machine.md.</summary>
public class SecurityTests
{
    private static readonly ulong s_domain = new RemoteChannels("domain").Domain;

    private readonly Scene _scene = new();

    [Fact]
    public void Whatever_is_sent_no_party_throws_and_the_node_goes_on()
    {
        _scene.Node.LeaseLost += (_, _) => { };
        Random random = new(2);
        List<HeldMessage> seen = [];
        for (int round = 0; round < 3000; round++)
        {
            if (random.Next(50) == 0)
            {
                _scene.Advance(0.2);
            }

            _scene.PumpNode();
            _scene.PumpOwner();
            seen.AddRange(_scene.Transport.Held);
            foreach (HeldMessage message in _scene.Transport.Held.ToArray())
            {
                _scene.Transport.Bring(message);
            }

            HeldMessage recorded = seen[random.Next(seen.Count)];
            byte[] bytes = [.. recorded.Bytes];
            bytes[16 + random.Next(bytes.Length - 16)] = (byte)random.Next(256); // behind the domain, so that most of it is a message
            bytes[3] = random.Next(3) == 0 ? (byte)random.Next(20) : bytes[3];
            _scene.Transport.Bring(recorded with { Bytes = bytes });
        }

        _scene.Advance(2);
        _scene.Settle();
        _scene.Advance(2); // what was forged is over
        _scene.Settle();
        Assert.True(_scene.Node.IsLeased);
        InvalidationSession session = _scene.Schedule();
        _scene.Settle();
        _scene.Advance(2);
        _scene.PumpOwner();
        Assert.True(_scene.TryWriteAndCommit(session));
    }

    [Fact]
    public void A_lease_that_is_longer_than_the_node_believes_in_is_none()
    {
        _scene.PumpNode();
        RemoteMessageHeader join = HeaderOf(_scene.Take(RemoteMessageKind.Join));
        byte[] grant = new byte[RemoteMessage.LengthOfGrant(0)];
        RemoteMessageHeader forged = join with { Kind = RemoteMessageKind.Grant, Epoch = 1, Membership = 1 };
        RemoteMessage.WriteGrant(grant, s_domain, in forged, TimeSpan.FromHours(2), 0);
        BringToNode(join, grant);
        Assert.False(_scene.Node.IsLeased);
        Assert.Equal(1, _scene.Node.GetStatistics().Rejected);
    }

    [Fact]
    public void A_grant_that_was_recorded_is_none_the_second_time()
    {
        _scene.PumpNode();
        _scene.Bring(RemoteMessageKind.Join);
        HeldMessage grant = _scene.Take(RemoteMessageKind.Grant);
        _scene.Transport.Bring(grant);
        _scene.PumpNode();
        Assert.True(_scene.Node.IsLeased);
        _scene.Advance(1);
        _scene.LoseAll();
        _scene.Transport.Bring(grant);
        _scene.PumpNode();
        Assert.False(_scene.Node.IsLeased);
    }

    [Fact]
    public void Strangers_that_join_take_places_and_hold_a_writer_up_no_longer_than_the_bound()
    {
        _scene.JoinAndFill();
        for (int stranger = 1; stranger <= 100; stranger++)
        {
            byte[] join = new byte[RemoteMessage.LengthOfJoin];
            RemoteMessageHeader header = new(RemoteMessageKind.Join, (UInt128)stranger, 1, 0, 0, 1);
            int length = RemoteMessage.WriteJoin(join, s_domain, in header, "stranger"u8);
            _scene.Transport.Bring(new HeldMessage("domain/owner", join[..length]));
        }

        Assert.Equal(64, _scene.Owner.CopyNodes([]));
        Assert.Equal(37, _scene.Owner.GetStatistics().Full);
        InvalidationSession session = _scene.Schedule();
        _scene.Settle();
        Assert.Equal(InvalidationOutcome.Pending, session.TryWait());
        _scene.Advance(1 + Scene.Drift);
        _scene.PumpOwner();
        Assert.True(_scene.TryWriteAndCommit(session));
        _scene.Settle();
        Assert.Equal(1, _scene.Owner.CopyNodes([]));
    }

    [Fact]
    public void Who_knows_the_node_can_make_it_drop_what_it_has_and_it_comes_back()
    {
        _scene.PumpNode();
        RemoteMessageHeader join = HeaderOf(Assert.Single(_scene.Transport.Held));
        _scene.JoinAndFill();
        byte[] expel = new byte[64];
        RemoteMessageHeader forged = join with { Kind = RemoteMessageKind.Expel, Epoch = 1, Number = 0 };
        RemoteMessage.Write(expel, s_domain, in forged);
        BringToNode(join, expel);
        Assert.Equal(0, _scene.Cache.Count);
        _scene.Settle();
        Assert.True(_scene.Node.IsLeased);
        Assert.Equal(2UL, _scene.Node.GetStatistics().Incarnation);
    }

    /// <summary>What is not signed: this is why channels belong to the parties only.</summary>
    [Fact]
    public void Who_reads_and_writes_the_channels_can_acknowledge_in_the_place_of_a_node()
    {
        _scene.JoinAndFill();
        InvalidationSession session = _scene.Schedule();
        _scene.PumpOwner();
        RemoteMessageHeader schedule = HeaderOf(_scene.Take(RemoteMessageKind.Schedule));
        byte[] answer = new byte[64];
        RemoteMessageHeader forged = schedule with { Kind = RemoteMessageKind.Acknowledge };
        RemoteMessage.Write(answer, s_domain, in forged);
        _scene.Transport.Bring(new HeldMessage("domain/owner", answer));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        Assert.Equal(1, _scene.Cache.Count); // and the copy is there still
        session.Dispose();
    }

    [Fact]
    public void Who_reads_and_writes_the_channels_can_forge_the_next_life_of_a_node()
    {
        _scene.PumpNode();
        RemoteMessageHeader join = HeaderOf(Assert.Single(_scene.Transport.Held));
        _scene.JoinAndFill();
        InvalidationSession session = _scene.Schedule();
        byte[] next = new byte[64];
        RemoteMessageHeader forged = join with { Incarnation = 2 };
        RemoteMessage.WriteJoin(next, s_domain, in forged, []);
        _scene.Transport.Bring(new HeldMessage("domain/owner", next));
        Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
        session.Dispose();
    }

    [Fact]
    public async Task A_flood_of_requests_is_heard_up_to_a_limit_and_the_rest_is_counted()
    {
        using InvalidationNotifier notifier = new("owner");
        FenceTimeline never = new("never");
        using InvalidationSubscription stuck = notifier.Subscribe(KeySpace.All, new Stuck(never.Issue()), "stuck");
        HeldTransport transport = new();
        await using (RemoteInvalidationResponder responder = new(notifier, KeySpace.All, transport, "domain"))
        {
            byte[] request = new byte[RequestMessage.MaxLength];
            for (ulong number = 1; number <= 1100; number++)
            {
                int length = RequestMessage.WriteRequest(request, s_domain, 7, number, TimeSpan.FromMinutes(10), Scene.Range);
                transport.Bring(new HeldMessage("domain/requests", request[..length]));
            }

            Assert.Equal(1100 - 1024, responder.Rejected);
            never.Dispose(); // what waits faults, so the notifier is at rest
        }

        Assert.Equal(0, notifier.ActiveSessions);
    }

    [Fact]
    public void No_message_names_a_key()
    {
        AddressRange range = KeySpace.RangeOf("customers", "secret-key-4711");
        Assert.True(_scene.OwnerNotifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession early));
        early.Dispose();
        _scene.JoinAndFill();
        using (_scene.Schedule())
        {
            Assert.True(_scene.OwnerNotifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session));
            _scene.PumpOwner();
            Assert.Equal(2, _scene.Transport.Held.Count(held => held.Kind == RemoteMessageKind.Schedule));
            Assert.All(_scene.Transport.Held, held => Assert.DoesNotContain("4711", string.Concat(held.Bytes.Select(one => (char)one)), StringComparison.Ordinal));
            session.Dispose();
        }
    }

    private sealed class Stuck(Fence fence) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence given)
        {
            given = fence;
            return true;
        }
    }

    private static RemoteMessageHeader HeaderOf(HeldMessage message)
    {
        Assert.True(RemoteMessage.TryRead(message.Bytes, s_domain, out RemoteMessage read));
        return read.Header;
    }

    private void BringToNode(RemoteMessageHeader header, byte[] bytes)
    {
        Assert.Equal(header.Node, BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(16)));
        _scene.Transport.Bring(new HeldMessage(new RemoteChannels("domain").OfNode(header.Node), bytes));
        _scene.PumpNode();
    }
}
