// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching.Tests;

/// <summary>Alone, because somebody who listens to the meters is called on the thread that reads.</summary>
[Collection(AloneCollection.Name)]
public class AllocationTests
{
    private readonly Origin _origin = new() { Value = 1 };

    [Fact]
    public async Task A_hit_allocates_nothing()
    {
        await using CacheCluster cluster = await CacheCluster.StartAsync(1);
        RemoteHybridCache cache = cluster.Nodes[0].Cache;
        string[] tags = ["orders"];
        Func<Origin, CancellationToken, ValueTask<int>> read = static (origin, token) => origin.ReadAsync(token);
        await cache.GetOrCreateAsync("a", _origin, read, tags: tags);
        long least = long.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int turn = 0; turn < 100; turn++)
            {
                ValueTask<int> hit = cache.GetOrCreateAsync("a", _origin, read, tags: tags);
                Assert.True(hit.IsCompletedSuccessfully);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before); // tiering and the memory's own scan now and then
        }

        Assert.Equal(0, least);
        Assert.Equal(1, _origin.Reads);
    }
}
