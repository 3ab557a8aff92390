// SPDX-License-Identifier: MIT
using StackExchange.Redis;

namespace FenceKit.Remote.Redis.Tests;

/// <summary>An owner, or a node with a copy, with a connection of its own, as if in a process of its own.</summary>
internal sealed class RedisParty : IAsyncDisposable
{
    internal static readonly AddressRange Range = KeySpace.RangeOf("orders", "42");

    private RedisParty(ConnectionMultiplexer redis)
    {
        Redis = redis;
        Transport = new RedisInvalidationTransport(redis);
    }

    internal ConnectionMultiplexer Redis { get; }

    internal RedisInvalidationTransport Transport { get; }

    internal InvalidationNotifier Notifier { get; } = new("party");

    internal RemoteInvalidationOwner? Owner { get; private set; }

    internal RemoteInvalidationNode? Node { get; private set; }

    public async ValueTask DisposeAsync()
    {
        if (Owner is { } owner)
        {
            await owner.DisposeAsync();
        }

        if (Node is { } node)
        {
            await node.DisposeAsync();
        }

        Notifier.Dispose();
        await Redis.DisposeAsync();
    }

    internal static async Task<RedisParty> StartOwnerAsync(RedisServer server, TimeSpan lease)
    {
        RedisParty party = await ConnectAsync(server);
        RemoteOwnerOptions options = new() { Lease = lease, Grace = TimeSpan.Zero };
        party.Owner = new RemoteInvalidationOwner(party.Notifier, KeySpace.All, party.Transport, "orders", options);
        return party;
    }

    internal static async Task<RedisParty> StartNodeAsync(RedisServer server, string name)
    {
        RedisParty party = await ConnectAsync(server);
        party.Node = new RemoteInvalidationNode(party.Notifier, KeySpace.All, party.Transport, "orders", new RemoteNodeOptions { Name = name });
        return party;
    }

    internal InvalidationSession Schedule()
    {
        Assert.True(Notifier.TrySchedule(Range, InvalidationReason.Discard, out InvalidationSession session));
        return session;
    }

    private static async Task<RedisParty> ConnectAsync(RedisServer server)
    {
        ConfigurationOptions options = new()
        {
            EndPoints = { { "127.0.0.1", server.Port } },
            AbortOnConnectFail = false,
            AllowAdmin = true,
            ConnectTimeout = 1000,
            ReconnectRetryPolicy = new LinearRetry(100),
        };
        return new RedisParty(await ConnectionMultiplexer.ConnectAsync(options));
    }
}
