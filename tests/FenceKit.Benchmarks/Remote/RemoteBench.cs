// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Remote;
using FenceKit.Samples.Cluster;
using StackExchange.Redis;

namespace FenceKit.Benchmarks.Remote;

/// <summary>An owner and some nodes in this process, each with a connection of its own; beside the protocol, the same nodes listen to plain publishing.</summary>
internal sealed class RemoteBench : IAsyncDisposable
{
    private const int Rounds = 20;
    private const int InARound = 50;
    private const int InFlight = 32;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly RedisChannel s_there = RedisChannel.Literal("plain/there");
    private static readonly RedisChannel s_back = RedisChannel.Literal("plain/back");

    private readonly List<ConnectionMultiplexer> _connections = [];
    private readonly List<RemoteInvalidationNode> _nodes = [];
    private readonly InvalidationNotifier _notifier = new("owner");
    private RemoteInvalidationOwner _owner = null!;
    private ISubscriber _publisher = null!;
    private TaskCompletionSource _allBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _missing;

    internal static async Task<RemoteBench> StartAsync(int port, int nodes)
    {
        RemoteBench bench = new();
        ConnectionMultiplexer redis = await bench.ConnectAsync(port);
        bench._owner = new RemoteInvalidationOwner(
            bench._notifier, KeySpace.All, Server.MakeTransport(redis), $"bench {nodes}", new RemoteOwnerOptions { Grace = TimeSpan.Zero });
        bench._publisher = redis.GetSubscriber();
        await bench._publisher.SubscribeAsync(s_back, (_, _) => bench.CountBack());
        for (int number = 0; number < nodes; number++)
        {
            await bench.AddNodeAsync(port, $"bench {nodes}", $"node {number}");
        }

        foreach (RemoteInvalidationNode node in bench._nodes)
        {
            if (!await node.WaitForLeaseAsync(s_limit))
            {
                throw new IOException("A node got no lease.");
            }
        }

        return bench;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RemoteInvalidationNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _owner.DisposeAsync();
        foreach (ConnectionMultiplexer connection in _connections)
        {
            await connection.DisposeAsync();
        }

        _notifier.Dispose();
    }

    /// <summary>In turns, so that what else the machine does hits all of them alike.</summary>
    internal async Task<RemotePoint> MeasureAsync()
    {
        List<double> publish = [], back = [], invalidate = [];
        for (int round = -2; round < Rounds; round++)
        {
            await RepeatAsync(publish, round, PublishAsync);
            await RepeatAsync(back, round, PublishAndBackAsync);
            await RepeatAsync(invalidate, round, () => InvalidateAsync(0));
        }

        return new RemotePoint(
            _nodes.Count, At(publish, 0.5), At(back, 0.5), At(invalidate, 0.5), At(invalidate, 0.99), await InvalidateManyAsync(TimeSpan.FromSeconds(3)));
    }

    internal static double At(List<double> times, double part) => times.Order().ElementAt((int)((times.Count - 1) * part));

    private static async Task RepeatAsync(List<double> into, int round, Func<Task> work)
    {
        for (int turn = 0; turn < InARound; turn++)
        {
            long begun = Stopwatch.GetTimestamp();
            await work();
            if (round >= 0) // the first two warm up
            {
                into.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            }
        }
    }

    private async Task PublishAsync()
    {
        _missing = int.MaxValue; // nobody waits for what comes back
        await _publisher.PublishAsync(s_there, "x");
    }

    private async Task PublishAndBackAsync()
    {
        TaskCompletionSource allBack = _allBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _missing, _nodes.Count); // pairs with the decrement in CountBack
        await _publisher.PublishAsync(s_there, "b", CommandFlags.FireAndForget);
        await allBack.Task.WaitAsync(s_limit);
    }

    private void CountBack()
    {
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            _allBack.TrySetResult();
        }
    }

    private async Task InvalidateAsync(int key)
    {
        while (true)
        {
            if (_notifier.TrySchedule(KeySpace.RangeOf($"{key}"), InvalidationReason.Discard, out InvalidationSession session))
            {
                using (session)
                {
                    if (await session.WaitAsync(s_limit) != InvalidationOutcome.Completed)
                    {
                        throw new IOException("An invalidation did not complete.");
                    }

                    session.Commit();
                    return;
                }
            }

            await Task.Yield(); // no room for one more: an answer is on its way
        }
    }

    private async Task<double> InvalidateManyAsync(TimeSpan time)
    {
        long begun = Stopwatch.GetTimestamp();
        int completed = 0;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(key => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(begun) < time)
            {
                await InvalidateAsync(key);
                Interlocked.Increment(ref completed);
            }
        })));
        return completed / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private async Task AddNodeAsync(int port, string domain, string name)
    {
        ConnectionMultiplexer redis = await ConnectAsync(port);
        ISubscriber subscriber = redis.GetSubscriber();
        await subscriber.SubscribeAsync(s_there, (_, value) =>
        {
            if (value == "b")
            {
                subscriber.Publish(s_back, "b", CommandFlags.FireAndForget);
            }
        });
        _nodes.Add(new RemoteInvalidationNode(
            new InvalidationNotifier(name), KeySpace.All, Server.MakeTransport(redis), domain, new RemoteNodeOptions { Name = name }));
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(int port)
    {
        ConnectionMultiplexer connection = await Server.ConnectAsync(port);
        _connections.Add(connection);
        return connection;
    }
}
