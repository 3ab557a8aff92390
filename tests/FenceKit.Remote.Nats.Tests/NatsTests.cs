// SPDX-License-Identifier: MIT
using NATS.Client.Core;

namespace FenceKit.Remote.Nats.Tests;

/// <summary>The same protocol over another engine, which is killed, stopped and disturbed. Nothing here is right because of time: only limits are.</summary>
public class NatsTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longLease = TimeSpan.FromSeconds(30); // longer than any blip here takes on a busy machine

    [NatsFact]
    public async Task Three_nodes_acknowledge_and_a_fourth_process_asks()
    {
        using NatsServer server = new();
        await using NatsParty owner = NatsParty.StartOwner(server, s_longLease);
        List<NatsParty> nodes = [];
        for (int number = 0; number < 3; number++)
        {
            nodes.Add(NatsParty.StartNode(server, $"node {number}"));
            Assert.True(await nodes[number].Node!.WaitForLeaseAsync(s_limit));
        }

        for (int round = 0; round < 20; round++)
        {
            await CompleteAsync(owner.Schedule());
        }

        Assert.Equal(60, owner.Owner!.GetStatistics().Acknowledged);
        Assert.Contains(": connected", owner.Transport.ToString(), StringComparison.Ordinal);
        await using (RemoteInvalidationResponder responder = new(owner.Notifier, KeySpace.All, owner.Transport, NatsParty.Domain))
        await using (RemoteInvalidationRequester requester = new(nodes[2].Transport, NatsParty.Domain))
        {
            Assert.True((await requester.InvalidateAsync(NatsParty.Range, s_limit)).IsCompleted);
            Assert.Equal(63, owner.Owner.GetStatistics().Acknowledged);
        }

        foreach (NatsParty node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [NatsFact]
    public async Task A_restart_of_the_server_within_the_lease_drops_nothing()
    {
        using NatsServer server = new();
        await using NatsParty owner = NatsParty.StartOwner(server, s_longLease);
        await using NatsParty node = NatsParty.StartNode(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        server.Kill();
        InvalidationSession session = owner.Schedule();
        server.Start();
        await CompleteAsync(session);
        AssertNothingDropped(owner, node);
    }

    [NatsFact]
    public async Task Parties_that_start_before_the_server_find_each_other()
    {
        using NatsServer server = new(isRunning: false);
        await using NatsParty owner = NatsParty.StartOwner(server, s_longLease);
        await using NatsParty node = NatsParty.StartNode(server, "node");
        Assert.False(node.Node!.IsLeased);
        Assert.False(node.Transport.TrySend("orders/owner", [1]));
        server.Start();
        Assert.True(await node.Node.WaitForLeaseAsync(s_limit));
        await CompleteAsync(owner.Schedule());
        Assert.Equal(1, owner.Owner!.GetStatistics().Acknowledged);
    }

    [NatsFact]
    public async Task A_server_that_stands_still_for_longer_than_the_lease_holds_no_writer_up_for_longer()
    {
        using NatsServer server = new();
        await using NatsParty owner = NatsParty.StartOwner(server, TimeSpan.FromSeconds(1));
        await using NatsParty node = NatsParty.StartNode(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        server.Stop();
        try
        {
            await CompleteAsync(owner.Schedule());
            Assert.False(node.Node.IsLeased);
            Assert.False(node.Node.TryEnter(NatsParty.Range, out _));
            Assert.Equal(1, owner.Owner!.GetStatistics().Expired);
        }
        finally
        {
            server.Continue();
        }

        Assert.True(await node.Node.WaitForLeaseAsync(s_limit));
    }

    [NatsFact]
    public async Task What_others_write_into_its_subjects_is_counted_and_changes_nothing()
    {
        using NatsServer server = new();
        await using NatsParty owner = NatsParty.StartOwner(server, s_longLease);
        await using NatsParty node = NatsParty.StartNode(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        string subject = "fencekit.or%20ders%2E%2A%3E.%C3%BC.%.%.owner";
        await owner.Nats.PublishAsync(subject, new byte[] { 1, 2, 3 }, serializer: NatsRawSerializer<byte[]>.Default);
        await owner.Nats.PublishAsync(subject, Array.Empty<byte>(), serializer: NatsRawSerializer<byte[]>.Default);
        await CompleteAsync(owner.Schedule());
        Assert.Equal(2, owner.Owner!.GetStatistics().Rejected);
        AssertNothingDropped(owner, node);
    }

    private static void AssertNothingDropped(NatsParty owner, NatsParty node)
    {
        Assert.Equal(1UL, node.Node!.GetStatistics().Incarnation);
        Assert.True(node.Node.IsLeased);
        Assert.Equal(0, owner.Owner!.GetStatistics().Expired);
    }

    private static async Task CompleteAsync(InvalidationSession session)
    {
        using (session)
        {
            Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(s_limit));
            session.Commit();
        }
    }
}
