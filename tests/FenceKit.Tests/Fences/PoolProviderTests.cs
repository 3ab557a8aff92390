// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit.Tests.Fences;

/// <summary>The nodes behind an await come from pools that a user may provide.</summary>
public class PoolProviderTests
{
    [Fact]
    public void All_timelines_of_one_provider_share_its_pools()
    {
        CountingProvider provider = new();
        FenceTimelineOptions options = new() { PoolProvider = provider };

        FenceTimeline[] timelines = [.. Enumerable.Range(0, 10).Select(i => new FenceTimeline($"device {i}", options))];
        using FencePool pool = new("pool", 4, options);
        FenceArray array = new("array", 2, options);

        Assert.Equal(2, provider.Created); // of plain awaits, and of those with a limit
        GC.KeepAlive((timelines, array));
    }

    [Fact]
    public void Providers_do_not_share()
    {
        CountingProvider first = new();
        CountingProvider second = new();
        _ = new FenceTimeline("device", new FenceTimelineOptions { PoolProvider = first });
        _ = new FenceTimeline("device", new FenceTimelineOptions { PoolProvider = second });

        Assert.Equal((2, 2), (first.Created, second.Created));
    }

    private sealed class CountingProvider : ObjectPoolProvider
    {
        private readonly DefaultObjectPoolProvider _inner = new();

        internal int Created { get; private set; }

        public override ObjectPool<T> Create<T>(IPooledObjectPolicy<T> policy)
        {
            Created++;
            return _inner.Create(policy);
        }
    }
}
