// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Locks;

/// <summary>What stands behind a <see cref="TrackedAsyncLock"/>: whoever gives up leaves the lock as it would be without him, also when it is just being handed to him.</summary>
public sealed class AsyncMutexTests : IDisposable
{
    private readonly AsyncMutex _mutex = new();

    public void Dispose() => _mutex.Dispose();

    [Fact]
    public async Task One_at_a_time_and_whoever_waits_gets_it_next()
    {
        Assert.True(await _mutex.WaitAsync(Timeout.Infinite, default));
        Assert.True(_mutex.IsTaken);
        Assert.False(await _mutex.WaitAsync(0, default));
        Task<bool> first = _mutex.WaitAsync(Timeout.Infinite, default);
        Task<bool> second = _mutex.WaitAsync(100_000, default);
        Assert.False(first.IsCompleted || second.IsCompleted);
        _mutex.Release();
        Assert.True(await first);
        Assert.False(second.IsCompleted);
        _mutex.Release();
        Assert.True(await second);
        _mutex.Release();
        await AssertFreeAsync();
    }

    [Fact]
    public async Task A_wait_that_is_canceled_or_too_long_is_not_counted_any_more()
    {
        Assert.True(await _mutex.WaitAsync(0, default));
        using CancellationTokenSource source = new();
        Task<bool> canceled = _mutex.WaitAsync(Timeout.Infinite, source.Token);
        await source.CancelAsync();
        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        Assert.Equal(source.Token, exception.CancellationToken);
        Assert.False(await _mutex.WaitAsync(1, default));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _mutex.WaitAsync(0, source.Token));
        _mutex.Release();
        await AssertFreeAsync();
    }

    [Fact]
    public async Task Letting_go_what_nobody_has_is_told_and_changes_nothing()
    {
        Assert.Throws<SemaphoreFullException>(_mutex.Release);
        await AssertFreeAsync();
    }

    [Fact]
    public async Task Nobody_gets_it_when_it_has_been_disposed()
    {
        _mutex.Dispose();
        Assert.False(_mutex.IsTaken);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _mutex.WaitAsync(0, default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _mutex.WaitAsync(Timeout.Infinite, default));
    }

    [Fact]
    public async Task Giving_up_while_it_is_handed_over_leaves_it_free()
    {
        for (int round = 0; round < 6_000; round++)
        {
            Assert.True(await _mutex.WaitAsync(0, default));
            using CancellationTokenSource source = new();
            Task<bool> wait = _mutex.WaitAsync(Timeout.Infinite, source.Token);
            source.Cancel();
            Thread.SpinWait(round % 1_000); // whoever is canceled goes on in the pool; each round meets him a little later
            _mutex.Release();
            if (await EndAsync(wait))
            {
                _mutex.Release();
            }

            await AssertFreeAsync();
        }
    }

    [Fact]
    public async Task In_a_crowd_of_which_some_give_up_there_is_never_more_than_one_inside()
    {
        int inside = 0;
        int most = 0;
        int taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
        {
            Random random = new(number);
            for (int i = 0; i < 500; i++)
            {
                using CancellationTokenSource source = new();
                Task<bool> wait = random.Next(4) switch
                {
                    0 => _mutex.WaitAsync(Timeout.Infinite, default),
                    1 => _mutex.WaitAsync(random.Next(2), default),
                    2 => _mutex.WaitAsync(1, source.Token),
                    _ => _mutex.WaitAsync(Timeout.Infinite, source.Token),
                };
                await Task.Yield();
                await source.CancelAsync();
                if (await EndAsync(wait))
                {
                    most = Math.Max(most, Interlocked.Increment(ref inside)); // written by whoever has the lock
                    taken++;
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                    _mutex.Release();
                }
            }
        })));
        Assert.Equal(1, most);
        Assert.InRange(taken, 8 * 500 / 5, 8 * 500); // who waits without a limit gets it
        await AssertFreeAsync();
    }

    private static async Task<bool> EndAsync(Task<bool> wait)
    {
        try
        {
            return await wait;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Free, and not for two.</summary>
    private async Task AssertFreeAsync()
    {
        Assert.False(_mutex.IsTaken);
        Assert.True(await _mutex.WaitAsync(0, default));
        Task<bool> other = _mutex.WaitAsync(Timeout.Infinite, default);
        Assert.False(other.IsCompleted);
        _mutex.Release();
        Assert.True(await other);
        _mutex.Release();
        Assert.False(_mutex.IsTaken);
    }
}
