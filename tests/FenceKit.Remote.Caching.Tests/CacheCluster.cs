// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching.Tests;

/// <summary>An owner and nodes with caches over one transport, as if in processes of their own, and the origin that they all read.</summary>
internal sealed class CacheCluster : IAsyncDisposable
{
    internal static readonly TimeSpan LongLease = TimeSpan.FromSeconds(30); // longer than any pause of a busy machine

    private readonly InvalidationNotifier _ownerNotifier = new("owner");

    private CacheCluster(TimeSpan lease, InMemoryTransportOptions? faults)
    {
        Transport = new InMemoryTransport(faults);
        OwnerConnection = Transport.Connect("owner");
        Owner = new RemoteInvalidationOwner(_ownerNotifier, KeySpace.All, OwnerConnection, "cache", new RemoteOwnerOptions { Lease = lease, Grace = TimeSpan.Zero });
        Responder = new RemoteInvalidationResponder(_ownerNotifier, KeySpace.All, OwnerConnection, "cache");
    }

    internal InMemoryTransport Transport { get; }

    internal InMemoryConnection OwnerConnection { get; }

    internal RemoteInvalidationOwner Owner { get; }

    internal RemoteInvalidationResponder Responder { get; }

    internal InvalidationNotifier OwnerNotifier => _ownerNotifier;

    internal List<CacheNode> Nodes { get; } = [];

    internal static async Task<CacheCluster> StartAsync(
        int nodes, TimeSpan? lease = null, InMemoryTransportOptions? faults = null, RemoteHybridCacheOptions? options = null, TimeProvider? clock = null)
    {
        CacheCluster cluster = new(lease ?? LongLease, faults);
        for (int number = 0; number < nodes; number++)
        {
            CacheNode node = new(cluster.Transport.Connect($"node {number}"), options, clock);
            cluster.Nodes.Add(node);
            Assert.True(await node.Node.WaitForLeaseAsync(Limit.Time));
        }

        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (CacheNode node in Nodes)
        {
            await node.DisposeAsync();
        }

        await Responder.DisposeAsync();
        await Owner.DisposeAsync();
        _ownerNotifier.Dispose();
        Transport.Dispose();
    }
}

/// <summary>A process that reads through its cache.</summary>
internal sealed class CacheNode : IAsyncDisposable
{
    private readonly InvalidationNotifier _notifier;

    internal CacheNode(InMemoryConnection connection, RemoteHybridCacheOptions? options, TimeProvider? clock)
    {
        Connection = connection;
        _notifier = new InvalidationNotifier(connection.Name);
        Node = new RemoteInvalidationNode(
            _notifier, KeySpace.All, connection, "cache",
            new RemoteNodeOptions { Name = connection.Name, RejoinJitter = TimeSpan.Zero, TimeProvider = clock ?? TimeProvider.System });
        Requester = new RemoteInvalidationRequester(connection, "cache");
        Cache = new RemoteHybridCache(_notifier, Node, Requester, options);
    }

    internal InMemoryConnection Connection { get; }

    internal RemoteInvalidationNode Node { get; }

    internal RemoteInvalidationRequester Requester { get; }

    internal RemoteHybridCache Cache { get; }

    internal void Cut(bool isCut) => Connection.IsSendingCut = Connection.IsReceivingCut = isCut;

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Cache.Dispose();
        await Requester.DisposeAsync();
        _notifier.Dispose();
    }
}

/// <summary>The origin: it counts how often it is asked.</summary>
internal sealed class Origin
{
    private int _value;
    private int _reads;

    internal int Value
    {
        get => Volatile.Read(ref _value);
        set => Volatile.Write(ref _value, value);
    }

    internal int Reads => Volatile.Read(ref _reads);

    internal ValueTask<int> ReadAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return new ValueTask<int>(Value);
    }
}

/// <summary>A clock that can jump, as it does for a process that was stopped; its timers do not notice.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _jumped;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _jumped);

    internal void Jump(TimeSpan by) => Interlocked.Add(ref _jumped, (long)(by.TotalSeconds * TimestampFrequency));
}
