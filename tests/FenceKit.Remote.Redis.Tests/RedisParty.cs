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

    /// <param name="server">The server.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="through">What stands between the party and the engine; null for nothing.</param>
    /// <param name="configure">What its client is told beside the address.</param>
    internal static async Task<RedisParty> StartOwnerAsync(
        RedisServer server, TimeSpan lease, Func<IInvalidationTransport, IInvalidationTransport>? through = null, Action<ConfigurationOptions>? configure = null)
    {
        RedisParty party = await ConnectAsync(server, configure);
        RemoteOwnerOptions options = new() { Lease = lease, Grace = TimeSpan.Zero };
        party.Owner = new RemoteInvalidationOwner(party.Notifier, KeySpace.All, through?.Invoke(party.Transport) ?? party.Transport, "orders", options);
        return party;
    }

    /// <param name="server">The server.</param>
    /// <param name="name">What the node is called.</param>
    /// <param name="through">What stands between the party and the engine; null for nothing.</param>
    /// <param name="configure">What its client is told beside the address.</param>
    internal static async Task<RedisParty> StartNodeAsync(
        RedisServer server, string name, Func<IInvalidationTransport, IInvalidationTransport>? through = null, Action<ConfigurationOptions>? configure = null)
    {
        RedisParty party = await ConnectAsync(server, configure);
        party.Node = new RemoteInvalidationNode(
            party.Notifier, KeySpace.All, through?.Invoke(party.Transport) ?? party.Transport, "orders", new RemoteNodeOptions { Name = name });
        return party;
    }

    internal InvalidationSession Schedule()
    {
        Assert.True(Notifier.TrySchedule(Range, InvalidationReason.Discard, out InvalidationSession session));
        return session;
    }

    private static async Task<RedisParty> ConnectAsync(RedisServer server, Action<ConfigurationOptions>? configure)
    {
        ConfigurationOptions options = new()
        {
            EndPoints = { { "127.0.0.1", server.Port } },
            AbortOnConnectFail = false,
            AllowAdmin = true,
            ConnectTimeout = 1000,
            ReconnectRetryPolicy = new LinearRetry(100),
        };
        configure?.Invoke(options);
        return new RedisParty(await ConnectionMultiplexer.ConnectAsync(options));
    }
}
