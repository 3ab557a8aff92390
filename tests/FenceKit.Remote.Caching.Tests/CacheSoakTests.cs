// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace FenceKit.Remote.Caching.Tests;

/// <summary>
/// Real threads over a transport that loses, repeats, reorders and is cut: readers on all nodes, removals by each of them. Beside it the same values in a cache that is told by
/// plain publishing over the same transport: it must be seen to serve what is old, or the run proves nothing.
/// </summary>
public class CacheSoakTests
{
    private const int Keys = 8;
    private const int Nodes = 3;
    private const int Removals = 80;

    private readonly long[] _origin = new long[Keys];
    private readonly long[] _removed = new long[Keys]; // what the origin had when the last removal that has returned began
    private long _reads;
    private long _stale;
    private long _staleOfControl;
    private long _calls;

    [Fact]
    public async Task Readers_while_keys_are_removed_under_faults_see_nothing_stale_and_the_control_does()
    {
        InMemoryTransportOptions faults = new() { Seed = 11, LossRate = 0.05, RepeatRate = 0.05, MaximumDelay = TimeSpan.FromMilliseconds(5) };
        await using CacheCluster cluster = await CacheCluster.StartAsync(Nodes, TimeSpan.FromMilliseconds(400), faults);
        using CancellationTokenSource stop = new();
        Task[] readers = [.. cluster.Nodes.Select(node => Task.Factory.StartNew(() => Read(node, stop.Token), TaskCreationOptions.LongRunning))];
        Random random = new(3);
        int completed = 0;
        for (int round = 0; round < Removals; round++)
        {
            foreach (CacheNode node in cluster.Nodes)
            {
                node.Cut(isCut: false);
            }

            CacheNode writer = cluster.Nodes[round % Nodes];
            if (round % 8 == 0)
            {
                cluster.Nodes[(round + 1) % Nodes].Cut(isCut: true); // it serves until the end of its lease, and is waited for
            }

            long reads = Volatile.Read(ref _reads);
            while (Volatile.Read(ref _reads) < reads + 50)
            {
                await Task.Yield(); // until there are copies
            }

            int key = random.Next(Keys);
            long written = Interlocked.Increment(ref _origin[key]);
            writer.Connection.TrySend("control", BitConverter.GetBytes((long)key));
            if (round % 4 == 3)
            {
                await writer.Cache.RemoveByTagAsync($"tag {key % 2}");
                completed++;
            }
            else
            {
                completed += (await writer.Cache.InvalidateAsync($"key {key}", Limit.Time)).IsCompleted ? 1 : 0;
            }

            Volatile.Write(ref _removed[key], written); // pairs with the read in Read: whoever begins later is not served less
        }

        await stop.CancelAsync();
        await Limit.OnAsync(Task.WhenAll(readers), "the readers");
        Assert.Equal(0, Volatile.Read(ref _stale));
        Assert.True(Volatile.Read(ref _staleOfControl) > 0, "plain publishing served nothing old: the run proves nothing");
        Assert.Equal(Removals, completed);
        RemoteOwnerStatistics statistics = cluster.Owner.GetStatistics();
        Assert.True(statistics.Acknowledged >= Removals / 2 && statistics.Expired + statistics.Replaced > 0, statistics.ToString());
        Assert.True(Volatile.Read(ref _calls) < Volatile.Read(ref _reads) / 2, $"{_calls} calls of the factory for {_reads} reads: too few came from copies");
    }

    private void Read(CacheNode node, CancellationToken stop)
    {
        ConcurrentDictionary<long, long> control = new();
        ValueTask<IAsyncDisposable> listening = node.Connection.SubscribeAsync(
            "control", message => control.TryRemove(BinaryPrimitives.ReadInt64LittleEndian(message), out _), CancellationToken.None);
        Assert.True(listening.IsCompleted);
        for (int turn = 0; !stop.IsCancellationRequested; turn++)
        {
            int key = turn % Keys;
            long before = Volatile.Read(ref _removed[key]);
            long value = node.Cache.GetOrCreateAsync($"key {key}", Load, tags: [$"tag {key % 2}"], cancellationToken: CancellationToken.None).AsTask().GetAwaiter().GetResult();
            if (value < before)
            {
                Interlocked.Increment(ref _stale);
            }

            if (control.GetOrAdd(key, _ => Volatile.Read(ref _origin[key])) < before)
            {
                Interlocked.Increment(ref _staleOfControl);
            }

            Interlocked.Increment(ref _reads);
            async ValueTask<long> Load(CancellationToken token)
            {
                Interlocked.Increment(ref _calls);
                long read = Volatile.Read(ref _origin[key]);
                await Task.Yield();
                return read;
            }
        }
    }
}
