// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching.Tests;

/// <summary>What must not happen: a reader that begins after a removal has returned is served what was read before it began.</summary>
public class FreshnessTests
{
    private readonly Origin _origin = new() { Value = 1 };

    [Fact]
    public async Task What_was_being_read_while_a_key_was_removed_is_neither_kept_nor_shared()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(2);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        TaskCompletionSource slow = new();
        async ValueTask<int> ReadSlowly(CancellationToken token)
        {
            int value = await _origin.ReadAsync(token);
            await slow.Task;
            return value;
        }

        Task<int> before = cache.GetOrCreateAsync("a", ReadSlowly).AsTask();
        Assert.Equal(1, _origin.Reads);
        _origin.Value = 2;
        await cluster.Nodes[1].Cache.RemoveAsync("a");
        Assert.Equal(2, await Limit.OnAsync(cache.GetOrCreateAsync("a", _origin.ReadAsync).AsTask(), "a read of its own")); // does not join the one before
        slow.SetResult();
        Assert.Equal(1, await before); // it began before
        Assert.Equal(2, await cache.GetOrCreateAsync("a", _origin.ReadAsync));
    }

    [Fact]
    public async Task A_process_that_was_stopped_for_longer_than_its_lease_looks_at_the_clock_first()
    {
        JumpingClock clock = new();
        await using CacheCluster cluster = await CacheCluster.StartAsync(1, clock: clock);
        CacheNode node = cluster.Nodes[0];
        TaskCompletionSource slow = new();
        Assert.Equal(1, await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync));
        Task<int> before = node.Cache.GetOrCreateAsync("b", async token =>
        {
            int value = await _origin.ReadAsync(token);
            await slow.Task;
            return value;
        }).AsTask();
        node.Cut(isCut: true);
        clock.Jump(TimeSpan.FromHours(1)); // its timers have not noticed, and by the owner's clock the lease may be long over
        _origin.Value = 2;
        Assert.Equal(2, await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync));
        Assert.Equal(2, await Limit.OnAsync(node.Cache.GetOrCreateAsync("b", _origin.ReadAsync).AsTask(), "a read of its own"));
        slow.SetResult();
        Assert.Equal(1, await before);
        node.Cut(isCut: false);
    }

    [Fact]
    public async Task Without_a_lease_reads_go_to_the_origin_and_nothing_is_kept()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1, TimeSpan.FromMilliseconds(200));
        CacheNode node = cluster.Nodes[0];
        await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync);
        TaskCompletionSource lost = new();
        node.Node.LeaseLost += (_, _) => lost.TrySetResult();
        node.Cut(isCut: true);
        await Limit.OnAsync(lost.Task, "the loss of the lease");
        Limit.Until(() => node.Cache.Count == 0, "forgetting everything");
        int reads = _origin.Reads;
        for (int round = 1; round <= 3; round++)
        {
            Assert.Equal(1, await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync));
            Assert.Equal(reads + round, _origin.Reads);
        }

        Assert.Equal(0, node.Cache.Count);
        node.Cut(isCut: false);
        Assert.True(await node.Node.WaitForLeaseAsync(Limit.Time));
    }

    [Fact]
    public async Task Who_does_not_answer_is_named_and_is_waited_for_until_the_end_of_its_lease()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(3, TimeSpan.FromSeconds(5));
        CacheNode cut = cluster.Nodes[2];
        await cut.Cache.GetOrCreateAsync("a", _origin.ReadAsync);
        cut.Cut(isCut: true);
        _origin.Value = 2;
        RemoteInvalidationResult result = await cluster.Nodes[0].Cache.InvalidateAsync("a", TimeSpan.FromSeconds(1));
        Assert.Equal(InvalidationOutcome.Pending, result.Outcome);
        Assert.Equal(["node 2"], result.Pending);
        await cluster.Nodes[0].Cache.RemoveAsync("a"); // within its budget, by the end of the lease
        Assert.False(cut.Node.IsLeased);
        Assert.Equal(2, await cut.Cache.GetOrCreateAsync("a", _origin.ReadAsync));
        Assert.True(cluster.Owner.GetStatistics().Expired > 0);
        cut.Cut(isCut: false);
    }

    [Fact]
    public async Task An_owner_that_does_not_answer_is_named_in_what_is_thrown()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1, options: new RemoteHybridCacheOptions { RemoveBudget = TimeSpan.FromMilliseconds(100) });
        CacheNode node = cluster.Nodes[0];
        Assert.Equal(1, await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync));
        node.Cut(isCut: true);
        RemovalPendingException pending = await Assert.ThrowsAsync<RemovalPendingException>(async () => await node.Cache.RemoveAsync("a"));
        Assert.Equal(["owner of cache"], pending.Result.Pending);
        Assert.Contains("owner of cache", pending.Message, StringComparison.Ordinal);
        pending = await Assert.ThrowsAsync<RemovalPendingException>(async () => await node.Cache.RemoveAsync(["a", "b"]));
        Assert.Equal(["owner of cache"], pending.Result.Pending);
        _origin.Value = 2;
        Assert.Equal(2, await node.Cache.GetOrCreateAsync("a", _origin.ReadAsync)); // here it is gone all the same
        node.Cut(isCut: false);
    }
}
