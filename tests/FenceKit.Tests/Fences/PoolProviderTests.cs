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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wait_that_gets_a_node_the_moment_it_is_given_back_is_not_disturbed(bool isFaulted)
    {
        EagerProvider provider = new();
        FenceTimelineOptions options = new() { PoolProvider = provider };
        FenceTimeline first = new("first", options);
        FenceTimeline second = new("second", options);
        using CancellationTokenSource neverCanceled = new();
        using CancellationTokenSource cancellation = new();
        InvalidOperationException? error = isFaulted ? new InvalidOperationException("first") : null;
        Task<FenceStatus> before = WaitInline(first.Issue(), neverCanceled.Token);
        Task<FenceStatus>? next = null;
        provider.OnReturn = () => next = WaitInline(second.Issue(), cancellation.Token);

        _ = error is null ? first.Signal(1) : first.Signal(1, error);
        Assert.Equal(isFaulted ? FenceStatus.Faulted : FenceStatus.Signaled, Limit.On(before));
        Assert.Equal(1, provider.Made);
        Assert.False(next!.IsCompleted);

        cancellation.Cancel();
        Assert.True(next.IsCanceled, "its registration went with the wait before");
    }

    private static async Task<FenceStatus> WaitInline(Fence fence, CancellationToken token) =>
        await fence.WaitAsync(Timeout.InfiniteTimeSpan, token).ConfigureAwait(FenceContinuation.Inline);

    /// <summary>As if another thread took each object that comes back before the one that gave it back has returned.</summary>
    private sealed class EagerProvider : ObjectPoolProvider
    {
        internal Action? OnReturn { get; set; }

        internal int Made { get; private set; }

        public override ObjectPool<T> Create<T>(IPooledObjectPolicy<T> policy) => new Pool<T>(this, policy);

        private sealed class Pool<T>(EagerProvider owner, IPooledObjectPolicy<T> policy) : ObjectPool<T>
            where T : class
        {
            private readonly Stack<T> _kept = new();

            public override T Get()
            {
                if (_kept.TryPop(out T? kept))
                {
                    return kept;
                }

                owner.Made++;
                return policy.Create();
            }

            public override void Return(T obj)
            {
                _kept.Push(obj);
                Action? next = owner.OnReturn;
                owner.OnReturn = null;
                next?.Invoke();
            }
        }
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
