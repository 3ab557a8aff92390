// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Testing.Scenarios.AsyncHost;

/// <summary>What all these tests share, in parallel: permits, then the oven, then the till. Nobody who waits takes them in another order.</summary>
internal static class Bakery
{
    private static readonly TrackedSemaphore s_permits = new(LockClass.Create("Bakery permits"), 4, "permits");
    private static readonly TrackedSemaphore s_places = new(LockClass.Create("Bakery places"), 4, "places");
    private static readonly TrackedAsyncLock s_oven = new(LockClass.Create("Bakery oven"));
    private static readonly TrackedAsyncReaderWriterLock s_prices = new(LockClass.Create("Bakery prices"));
    private static readonly TrackedAsyncLock s_till = new(LockClass.Create("Bakery till"));
    private static readonly TrackedLock s_shelf = new(LockClass.Create("Bakery shelf"));
    private static int s_sold;

    /// <summary>How often somebody has come to the innermost lock.</summary>
    internal static int Sold => Volatile.Read(ref s_sold); // pairs with the increment in Sell

    internal static IEnumerable<string> Edges => LockValidator.Default.GetDependencies().Select(static edge => edge.ToString());

    internal static async Task BakeAsync(bool goesAnywhere = false)
    {
        await s_permits.WaitAsync().ConfigureAwait(!goesAnywhere);
        try
        {
            using (await s_oven.LockAsync().ConfigureAwait(!goesAnywhere))
            {
                await Task.Delay(1).ConfigureAwait(!goesAnywhere);
                await SellAsync();
            }
        }
        finally
        {
            await Task.Yield();
            s_permits.Release();
        }
    }

    internal static async Task SellAsync()
    {
        using (await s_prices.ReadLockAsync())
        using (await s_till.LockAsync())
        {
            await Task.Yield();
            Sell();
        }
    }

    internal static async Task BakeTogetherAsync()
    {
        using (await s_oven.LockAsync())
        {
            await Task.WhenAll(SellAsync(), Task.Run(SellAsync));
            await Parallel.ForEachAsync(Enumerable.Range(0, 3), async (_, _) => await SellAsync());
        }
    }

    /// <summary>Holds the till while somebody else, for whom it does not wait, takes the oven and then the till.</summary>
    internal static async Task<Task> BakeLaterAsync()
    {
        using (await s_till.LockAsync())
        {
            Task later = Task.Run(() => BakeAsync());
            await Task.Yield();
            return later;
        }
    }

    internal static async Task GiveUpAsync()
    {
        using CancellationTokenSource leaves = new();
        using (await s_oven.LockAsync())
        {
            Task other = WaitInVainAsync(leaves.Token);
            await leaves.CancelAsync();
            await other;
            using LockHold late = await s_till.TryLockAsync(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }
    }

    internal static void Sell()
    {
        using (s_shelf.EnterScope())
        {
            Interlocked.Increment(ref s_sold); // pairs with the read in Sold
        }
    }

    /// <summary>One of the places is taken from here until <see cref="Leave"/>, which other flows call.</summary>
    internal static async Task RentAsync()
    {
        Assert.True(await s_places.WaitAsync(TimeSpan.FromSeconds(100)));
        await Task.Yield();
    }

    internal static void Leave() => s_places.Release();

    private static async Task WaitInVainAsync(CancellationToken cancellationToken)
    {
        try
        {
            (await s_till.LockAsync(cancellationToken)).Dispose();
        }
        catch (OperationCanceledException)
        {
            // Nothing is held.
        }
    }
}
