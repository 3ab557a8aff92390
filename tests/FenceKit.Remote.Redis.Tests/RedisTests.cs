// SPDX-License-Identifier: MIT
using StackExchange.Redis;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>The protocol over a real server, which is killed, stopped and disturbed. Nothing here is right because of time: only limits are.</summary>
public class RedisTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longLease = TimeSpan.FromSeconds(30); // longer than any blip here takes on a busy machine

    [RedisFact]
    public async Task Three_nodes_acknowledge()
    {
        using RedisServer server = new();
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease);
        List<RedisParty> nodes = [];
        for (int number = 0; number < 3; number++)
        {
            nodes.Add(await RedisParty.StartNodeAsync(server, $"node {number}"));
            Assert.True(await nodes[number].Node!.WaitForLeaseAsync(s_limit));
        }

        for (int round = 0; round < 50; round++)
        {
            await CompleteAsync(owner.Schedule());
        }

        Assert.Equal(150, owner.Owner!.GetStatistics().Acknowledged);
        Assert.Contains("connected", owner.Transport.ToString(), StringComparison.Ordinal);
        foreach (RedisParty node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [RedisFact]
    public async Task A_restart_of_the_server_within_the_lease_drops_nothing()
    {
        using RedisServer server = new();
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease);
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        server.Kill();
        InvalidationSession session = owner.Schedule();
        server.Start();
        await CompleteAsync(session);
        AssertNothingDropped(owner, node);
    }

    [RedisFact]
    public async Task Connections_that_are_killed_drop_nothing()
    {
        using RedisServer server = new();
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease);
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        for (int round = 0; round < 3; round++)
        {
            await owner.Redis.GetServers()[0].ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            await CompleteAsync(owner.Schedule());
        }

        AssertNothingDropped(owner, node);
    }

    [RedisFact]
    public async Task Parties_that_start_before_the_server_find_each_other()
    {
        using RedisServer server = new(isRunning: false);
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease);
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node");
        Assert.False(node.Node!.IsLeased);
        server.Start();
        Assert.True(await node.Node.WaitForLeaseAsync(s_limit));
        await CompleteAsync(owner.Schedule());
        Assert.Equal(1, owner.Owner!.GetStatistics().Acknowledged);
    }

    [RedisFact]
    public async Task A_server_that_stands_still_for_longer_than_the_lease_holds_no_writer_up_for_longer()
    {
        using RedisServer server = new();
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, TimeSpan.FromSeconds(1));
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        server.Stop();
        try
        {
            await CompleteAsync(owner.Schedule());
            Assert.False(node.Node.IsLeased);
            Assert.False(node.Node.TryEnter(RedisParty.Range, out _));
            Assert.Equal(1, owner.Owner!.GetStatistics().Expired);
        }
        finally
        {
            server.Continue();
        }

        Assert.True(await node.Node.WaitForLeaseAsync(s_limit));
    }

    [RedisFact]
    public async Task What_others_write_into_its_channels_is_counted_and_changes_nothing()
    {
        using RedisServer server = new();
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease);
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        ISubscriber stranger = owner.Redis.GetSubscriber();
        long receivers = await stranger.PublishAsync(RedisChannel.Literal("fencekit/orders/owner"), new byte[] { 1, 2, 3 });
        Assert.Equal(1, receivers);
        await stranger.PublishAsync(RedisChannel.Literal("fencekit/orders/owner"), RedisValue.EmptyString);
        await CompleteAsync(owner.Schedule());
        Assert.Equal(2, owner.Owner!.GetStatistics().Rejected);
        AssertNothingDropped(owner, node);
    }

    [RedisFact]
    public async Task An_access_list_keeps_strangers_out_of_the_channels()
    {
        using RedisServer server = new();
        await AddUsersAsync(server);
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease, configure: As("party"));
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node", configure: As("party"));
        await using RedisParty stranger = await RedisParty.StartNodeAsync(server, "stranger", configure: As("stranger"));
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        await Assert.ThrowsAsync<RedisServerException>(
            () => stranger.Redis.GetSubscriber().PublishAsync(RedisChannel.Literal("fencekit/orders/owner"), new byte[] { 1 }));
        await CompleteAsync(owner.Schedule());
        Assert.Equal(0, owner.Owner!.GetStatistics().Rejected);
        Assert.Equal(1, owner.Owner.GetStatistics().Nodes);
        Assert.False(stranger.Node!.IsLeased);
    }

    [RedisFact]
    public async Task Neither_the_log_nor_what_people_see_has_the_credentials()
    {
        using RedisServer server = new();
        await AddUsersAsync(server);
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease, configure: As("party"));
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node", configure: As("party"));
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        string seen = $"{owner.Owner} {owner.Transport} {node.Node} {node.Transport} {node.Node.GetStatistics()} {owner.Owner!.GetStatistics()}";
        Assert.Contains("leased", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", seen, StringComparison.Ordinal);
    }

    private static async Task AddUsersAsync(RedisServer server)
    {
        await using RedisParty admin = await RedisParty.StartNodeAsync(server, "admin");
        IServer only = admin.Redis.GetServers()[0];
        await only.ExecuteAsync("ACL", "SETUSER", "party", "on", ">hunter2", "~*", "resetchannels", "&fencekit/orders/*", "+@all");
        await only.ExecuteAsync("ACL", "SETUSER", "stranger", "on", ">hunter2", "~*", "resetchannels", "&other/*", "+@all");
    }

    private static Action<ConfigurationOptions> As(string user) => options =>
        (options.User, options.Password, options.ConfigurationChannel) = (user, "hunter2", "");

    private static void AssertNothingDropped(RedisParty owner, RedisParty node)
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
