// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching.Tests;

/// <summary>Whoever waits for a value that somebody else reads hears how that ended, whatever happens to the thread that reads.</summary>
public class PopulationTests
{
    private readonly Population<int> _population = new(new CacheKey(new DropStamps(), "a", tags: null));

    [Fact]
    public async Task A_thread_that_is_interrupted_after_its_read_has_failed_leaves_nobody_waiting()
    {
        Task run = _population.RunAsync(0, static (_, _) => throw new InvalidOperationException("origin"), static _ => { }, static () => throw new ThreadInterruptedException());
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await Limit.OnAsync(_population.WaitAsync(CancellationToken.None).AsTask(), "the one that waits"));
        Assert.Equal("origin", error.Message);
        await Assert.ThrowsAsync<ThreadInterruptedException>(async () => await run);
    }

    [Fact]
    public async Task A_thread_that_is_interrupted_after_its_read_was_canceled_leaves_nobody_waiting()
    {
        Task run = _population.RunAsync(0, static (_, _) => throw new OperationCanceledException(), static _ => { }, static () => throw new ThreadInterruptedException());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Limit.OnAsync(_population.WaitAsync(CancellationToken.None).AsTask(), "the one that waits"));
        await Assert.ThrowsAsync<ThreadInterruptedException>(async () => await run);
    }
}
