// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Caching.Hybrid;

namespace FenceKit.Remote.Caching.Tests;

/// <summary>The cache as its users know it: what is kept, what is shared, what is removed.</summary>
public class CacheTests
{
    private readonly Origin _origin = new() { Value = 1 };

    [Fact]
    public async Task A_removal_that_has_returned_is_true_on_all_nodes()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(3);
        foreach (CacheNode node in cluster.Nodes)
        {
            Assert.Equal(1, await node.Cache.GetOrCreateAsync("order/42", _origin.ReadAsync));
            Assert.Equal(1, await node.Cache.GetOrCreateAsync("order/42", _origin.ReadAsync));
        }

        Assert.Equal(3, _origin.Reads);
        _origin.Value = 2;
        await cluster.Nodes[1].Cache.RemoveAsync("order/42");
        foreach (CacheNode node in cluster.Nodes)
        {
            Assert.Equal(2, await node.Cache.GetOrCreateAsync("order/42", _origin.ReadAsync));
        }

        Assert.Equal(6, _origin.Reads);
        Assert.Equal(1, cluster.Responder.Completed);
        Assert.Contains("leased", cluster.Nodes[0].Cache.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tag_removes_what_names_it_and_nothing_else()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(2);
        foreach (CacheNode node in cluster.Nodes)
        {
            await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync, tags: ["orders", "new"]);
            await node.Cache.GetOrCreateAsync("b", _origin.ReadAsync, tags: ["prices"]);
            await node.Cache.GetOrCreateAsync("c", _origin.ReadAsync);
        }

        _origin.Value = 2;
        await cluster.Nodes[0].Cache.RemoveByTagAsync("orders");
        foreach (CacheNode node in cluster.Nodes)
        {
            Assert.Equal(2, await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync, tags: ["orders", "new"]));
            Assert.Equal(1, await node.Cache.GetOrCreateAsync("b", _origin.ReadAsync, tags: ["prices"]));
            Assert.Equal(1, await node.Cache.GetOrCreateAsync("c", _origin.ReadAsync));
        }

        _origin.Value = 3;
        await cluster.Nodes[1].Cache.RemoveByTagAsync(["new", "prices"]);
        Assert.Equal(3, await cluster.Nodes[0].Cache.GetOrCreateAsync("a", _origin.ReadAsync));
        Assert.Equal(3, await cluster.Nodes[0].Cache.GetOrCreateAsync("b", _origin.ReadAsync));
        Assert.Equal(1, await cluster.Nodes[0].Cache.GetOrCreateAsync("c", _origin.ReadAsync));
        _origin.Value = 4;
        await cluster.Nodes[1].Cache.RemoveByTagAsync("*");
        Assert.Equal(4, await cluster.Nodes[0].Cache.GetOrCreateAsync("c", _origin.ReadAsync));
    }

    [Fact]
    public async Task Several_keys_are_removed_side_by_side()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(2);
        string[] keys = [.. Enumerable.Range(0, 100).Select(number => $"order/{number}")];
        foreach (string key in keys)
        {
            await cluster.Nodes[0].Cache.GetOrCreateAsync(key, _origin.ReadAsync);
        }

        _origin.Value = 2;
        await cluster.Nodes[1].Cache.RemoveAsync(keys);
        foreach (string key in keys)
        {
            Assert.Equal(2, await cluster.Nodes[0].Cache.GetOrCreateAsync(key, _origin.ReadAsync));
        }
    }

    [Fact]
    public async Task A_session_of_the_owner_that_writes_before_it_commits_removes_too()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(2);
        foreach (CacheNode node in cluster.Nodes)
        {
            await node.Cache.GetOrCreateAsync("42", _origin.ReadAsync, tags: ["orders"]);
        }

        // One address under the tag: the key as the tag names it.
        Assert.True(cluster.OwnerNotifier.TrySchedule(KeySpace.RangeOf("orders", "42"), InvalidationReason.Discard, out InvalidationSession session));
        using (session)
        {
            Assert.Equal(InvalidationOutcome.Completed, await session.WaitAsync(Limit.Time));
            int before = _origin.Reads;
            Assert.Equal(1, await cluster.Nodes[0].Cache.GetOrCreateAsync("42", _origin.ReadAsync, tags: ["orders"])); // served, not kept
            Assert.Equal(before + 1, _origin.Reads);
            _origin.Value = 2;
            session.Commit();
        }

        Assert.Equal(2, await cluster.Nodes[0].Cache.GetOrCreateAsync("42", _origin.ReadAsync, tags: ["orders"]));
        Assert.Equal(2, await cluster.Nodes[1].Cache.GetOrCreateAsync("42", _origin.ReadAsync, tags: ["orders"]));
    }

    [Fact]
    public async Task Set_removes_everywhere_and_the_next_read_asks_the_origin()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(2);
        await cluster.Nodes[0].Cache.GetOrCreateAsync("a", _origin.ReadAsync);
        _origin.Value = 3; // somebody has written once more since
        await cluster.Nodes[1].Cache.SetAsync("a", 2);
        Assert.Equal(3, await cluster.Nodes[0].Cache.GetOrCreateAsync("a", _origin.ReadAsync));
        Assert.Equal(3, await cluster.Nodes[1].Cache.GetOrCreateAsync("a", _origin.ReadAsync));
    }

    [Fact]
    public async Task Values_of_another_type_are_made_anew_and_null_is_a_value()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        int calls = 0;
        for (int round = 0; round < 2; round++)
        {
            Assert.Null(await cache.GetOrCreateAsync("a", _ => { calls++; return new ValueTask<string?>((string?)null); }));
        }

        Assert.Equal(1, calls);
        Assert.Equal(1, await cache.GetOrCreateAsync("a", _origin.ReadAsync));
        Assert.Equal(1, _origin.Reads);
    }

    [Fact]
    public async Task Flags_are_obeyed()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        Assert.Equal(0, await cache.GetOrCreateAsync("a", _origin.ReadAsync, new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableUnderlyingData }));
        Assert.Equal(0, _origin.Reads);
        await cache.GetOrCreateAsync("a", _origin.ReadAsync, new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCacheWrite });
        Assert.Equal(0, cache.Count);
        await cache.GetOrCreateAsync("a", _origin.ReadAsync);
        await cache.GetOrCreateAsync("a", _origin.ReadAsync, new HybridCacheEntryOptions { Flags = HybridCacheEntryFlags.DisableLocalCacheRead });
        Assert.Equal(3, _origin.Reads);
    }

    [Fact]
    public async Task Readers_of_one_key_share_a_factory_and_its_fault()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        TaskCompletionSource<int> origin = new();
        int calls = 0;
        ValueTask<int> Read(CancellationToken token)
        {
            Interlocked.Increment(ref calls);
            return new ValueTask<int>(origin.Task);
        }

        Task<int>[] readers = [.. Enumerable.Range(0, 8).Select(_ => cache.GetOrCreateAsync("a", Read).AsTask())];
        origin.SetException(new InvalidOperationException("down"));
        foreach (Task<int> reader in readers)
        {
            Assert.Equal("down", (await Assert.ThrowsAsync<InvalidOperationException>(() => reader)).Message);
        }

        Assert.Equal(1, calls);
        Assert.Equal(1, await cache.GetOrCreateAsync("a", _origin.ReadAsync)); // a fault is not kept
    }

    [Fact]
    public async Task A_factory_is_canceled_when_the_last_one_who_waits_gives_up()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        using CancellationTokenSource first = new(), second = new();
        TaskCompletionSource canceled = new();
        async ValueTask<int> Read(CancellationToken token)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            }
            catch (OperationCanceledException)
            {
                canceled.SetResult();
                throw;
            }
        }

        Task<int> one = cache.GetOrCreateAsync("a", Read, cancellationToken: first.Token).AsTask();
        Task<int> other = cache.GetOrCreateAsync("a", Read, cancellationToken: second.Token).AsTask();
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(canceled.Task.IsCompleted);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        await Limit.OnAsync(canceled.Task, "canceling the factory");
        Assert.Equal(1, await cache.GetOrCreateAsync("a", _origin.ReadAsync));
    }

    [Fact]
    public async Task No_more_entries_are_kept_than_the_options_say()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1, options: new RemoteHybridCacheOptions { MaximumEntries = 10 });
        for (int number = 0; number < 100; number++)
        {
            await cluster.Nodes[0].Cache.GetOrCreateAsync($"{number}", _origin.ReadAsync);
        }

        Assert.InRange(cluster.Nodes[0].Cache.Count, 1, 10);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        await Assert.ThrowsAsync<ArgumentException>(async () => await cache.GetOrCreateAsync("", _origin.ReadAsync));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await cache.RemoveAsync((string)null!));
        await Assert.ThrowsAsync<ArgumentException>(async () => await cache.RemoveByTagAsync(""));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await cache.InvalidateAsync("a", TimeSpan.FromMinutes(11)));
        using InvalidationNotifier notifier = new("other");
        await using RemoteInvalidationRequester stranger = new(cluster.Transport.Connect("stranger"), "elsewhere");
        Assert.Throws<ArgumentException>(() => new RemoteHybridCache(notifier, cluster.Nodes[0].Node, stranger));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new RemoteHybridCache(notifier, cluster.Nodes[0].Node, cluster.Nodes[0].Requester, new RemoteHybridCacheOptions { MaximumEntries = 0 }));
    }
}
