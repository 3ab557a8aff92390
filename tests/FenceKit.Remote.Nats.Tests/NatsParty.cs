// SPDX-License-Identifier: MIT
using System.Globalization;
using NATS.Client.Core;

namespace FenceKit.Remote.Nats.Tests;

/// <summary>An owner, or a node, with a connection of its own, as if in a process of its own.</summary>
internal sealed class NatsParty : IAsyncDisposable
{
    /// <summary>With everything in it that does not belong into a subject.</summary>
    internal const string Domain = "or ders.*>/ü//";

    internal static readonly AddressRange Range = KeySpace.RangeOf("orders", "42");

    private NatsParty(NatsServer server)
    {
        Nats = new NatsConnection(new NatsOpts
        {
            Url = string.Create(CultureInfo.InvariantCulture, $"nats://127.0.0.1:{server.Port}"),
            ReconnectWaitMin = TimeSpan.FromMilliseconds(50),
            ReconnectWaitMax = TimeSpan.FromMilliseconds(200),
            MaxReconnectRetry = -1,
        });
        Transport = new NatsInvalidationTransport(Nats);
    }

    internal NatsConnection Nats { get; }

    internal NatsInvalidationTransport Transport { get; }

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
        await Nats.DisposeAsync();
    }

    internal static NatsParty StartOwner(NatsServer server, TimeSpan lease)
    {
        NatsParty party = new(server);
        party.Owner = new RemoteInvalidationOwner(
            party.Notifier, KeySpace.All, party.Transport, Domain, new RemoteOwnerOptions { Lease = lease, Grace = TimeSpan.Zero });
        return party;
    }

    internal static NatsParty StartNode(NatsServer server, string name)
    {
        NatsParty party = new(server);
        party.Node = new RemoteInvalidationNode(party.Notifier, KeySpace.All, party.Transport, Domain, new RemoteNodeOptions { Name = name });
        return party;
    }

    internal InvalidationSession Schedule()
    {
        Assert.True(Notifier.TrySchedule(Range, InvalidationReason.Discard, out InvalidationSession session));
        return session;
    }
}
