// SPDX-License-Identifier: MIT

using System.Buffers;
using System.Text;
using FenceKit.Samples.WebShop.Catalog;

namespace FenceKit.WebShop.Tests;

/// <summary>A page that is being sent keeps its buffer, however slow the client is.</summary>
public sealed class PageCacheTests
{
    [Fact]
    public async Task Evict_WhileASlowClientReads_BacksOff_AndReturnsTheBufferAfterwards()
    {
        RecordingPool pool = new();
        using InvalidationNotifier notifier = new("pages");
        using PageCache cache = new(notifier, pool, static product => $"page {product}");
        using SlowClient slow = new();
        Task sending = cache.SendAsync(2, slow, CancellationToken.None);

        Assert.False(await cache.EvictAsync(2, TimeSpan.Zero, CancellationToken.None));
        Assert.Equal(0, pool.Returned);
        Assert.True(await cache.EvictAsync(3, TimeSpan.Zero, CancellationToken.None)); // another page is nobody's

        slow.Continue();
        await sending;
        Assert.Equal("page 2", slow.Received);
        Assert.True(await cache.EvictAsync(2, TimeSpan.FromSeconds(10), CancellationToken.None));
        Assert.Equal(1, pool.Returned);
    }

    /// <summary>Counts the buffers that came back.</summary>
    private sealed class RecordingPool : ArrayPool<byte>
    {
        public int Returned { get; private set; }

        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false)
        {
            array.AsSpan().Clear();
            Returned++;
        }
    }

    /// <summary>A client that reads the bytes only when it is told to.</summary>
    private sealed class SlowClient : MemoryStream
    {
        private readonly TaskCompletionSource _continue = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Received { get; private set; } = "";

        public void Continue() => _continue.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _continue.Task;
            Received = Encoding.UTF8.GetString(buffer.Span);
        }
    }
}
