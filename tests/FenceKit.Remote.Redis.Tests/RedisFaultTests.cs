// SPDX-License-Identifier: MIT
using StackExchange.Redis;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>What a server and what lies before it do to messages: buffers that overflow, and a way that repeats, delays and reorders.</summary>
public class RedisFaultTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longLease = TimeSpan.FromSeconds(30);

    [RedisFact]
    public async Task An_output_buffer_that_overflows_cuts_a_node_off_and_drops_nothing()
    {
        using RedisServer server = new();
        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, s_longLease);
        await using RedisParty node = await RedisParty.StartNodeAsync(server, "node");
        Assert.True(await node.Node!.WaitForLeaseAsync(s_limit));
        IServer admin = owner.Redis.GetServers()[0];
        await admin.ConfigSetAsync("client-output-buffer-limit", "pubsub 65536 65536 1");
        RedisChannel channel = Assert.Single(await admin.SubscriptionChannelsAsync(RedisChannel.Pattern("fencekit/orders/node/*")));
        TaskCompletionSource cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Redis.ConnectionFailed += (_, _) => cut.TrySetResult();
        await owner.Redis.GetSubscriber().PublishAsync(RedisChannel.Literal(channel.ToString()), new byte[1 << 20]);
        await cut.Task.WaitAsync(s_limit);
        using (InvalidationSession session = owner.Schedule())
        {
            Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(s_limit));
            session.Commit();
        }

        Assert.Equal(1UL, node.Node.GetStatistics().Incarnation);
        Assert.Equal(1, owner.Owner!.GetStatistics().Acknowledged);
        Assert.Equal(0, owner.Owner.GetStatistics().Expired);
    }

    [RedisFact]
    public async Task A_way_that_repeats_delays_and_reorders_makes_nothing_stale()
    {
        using RedisServer server = new();
        List<FaultyTransport> ways = [];
        FaultyTransport Through(IInvalidationTransport inner)
        {
            ways.Add(new FaultyTransport(inner, seed: ways.Count));
            return ways[^1];
        }

        await using RedisParty owner = await RedisParty.StartOwnerAsync(server, TimeSpan.FromSeconds(10), Through);
        List<(RedisParty Party, Copy Copy)> nodes = [];
        for (int number = 0; number < 3; number++)
        {
            RedisParty party = await RedisParty.StartNodeAsync(server, $"node {number}", Through);
            nodes.Add((party, new Copy(party)));
            Assert.True(await party.Node!.WaitForLeaseAsync(s_limit));
        }

        long origin = 0;
        int served = 0;
        for (int round = 0; round < 40; round++)
        {
            foreach ((RedisParty party, Copy copy) in nodes)
            {
                while (party.Node!.GetStatistics().Open != 0)
                {
                    await Task.Delay(1); // the end is on its way
                }

                copy.Fill(origin);
                served += copy.Read() is null ? 0 : 1;
            }

            using (InvalidationSession session = owner.Schedule())
            {
                Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(s_limit));
                origin++;
                session.Commit();
            }

            Assert.All(nodes, node => Assert.True(node.Copy.Read() is null || node.Copy.Read() == origin));
        }

        Assert.True(served > 20, $"{served} reads from copies");
        Assert.All(ways, way => Assert.True(way.Faults > 5, $"{way.Faults} faults"));
        foreach ((RedisParty party, _) in nodes)
        {
            await party.DisposeAsync();
        }
    }

    private sealed class Copy : IInvalidationSubscriber
    {
        private const long None = -1;

        private readonly RedisParty _party;
        private readonly InvalidationSubscription _subscription;
        private long _value = None;

        internal Copy(RedisParty party)
        {
            _party = party;
            _subscription = party.Notifier.Subscribe(KeySpace.All, this, "copy");
        }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            Volatile.Write(ref _value, None); // pairs with the read in Read
            return true;
        }

        internal void Fill(long origin)
        {
            if (_subscription.TryBeginRead(RedisParty.Range, out InvalidationSequence sequence) && _subscription.TryPopulate(sequence, out PopulateScope publishing))
            {
                using (publishing)
                {
                    Volatile.Write(ref _value, origin);
                }
            }
        }

        internal long? Read()
        {
            if (!_party.Node!.TryEnter(RedisParty.Range, out LeasedScope scope))
            {
                return null;
            }

            using (scope)
            {
                long value = Volatile.Read(ref _value);
                return value == None ? null : value;
            }
        }
    }
}
