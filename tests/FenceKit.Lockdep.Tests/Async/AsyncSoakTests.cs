// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Lockdep.Tests.Support;
using Xunit.Abstractions;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>Many requests at once, as in a server: correct code with everything that asynchronous code does. No report, and no memory that grows.</summary>
[Trait("Suite", "Soak")]
[Collection(Alone.Name)]
public sealed class AsyncSoakTests(ITestOutputHelper output)
{
    private const int Requests = 1_000;

    // The pool adds a thread when it pleases, and the list of a thread may grow to 100 KB. In half a minute on a machine with two cores, 20 bytes lost by each request would be more.
    private const long ToleratedGrowth = 2 << 20;

    private readonly AsyncBench _bench = new();
    private int _forgotten; // interlocked

    /// <summary>For as long as FENCEKIT_FLOW_SOAK_SECONDS says: .ci/run asks for a minute. Three seconds when it does not.</summary>
    [Fact]
    public async Task Requests_with_forgotten_tasks_cancellation_and_timeouts_give_no_report()
    {
        TimeSpan length = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("FENCEKIT_FLOW_SOAK_SECONDS") ?? "3", CultureInfo.InvariantCulture));
        using var permits = new TrackedSemaphore(_bench.Class("permits"), 8, "permits", _bench.Validator);
        using var table = new TrackedAsyncReaderWriterLock(_bench.Class("table"), "table", _bench.Validator);
        long began = Stopwatch.GetTimestamp();
        int warmUp = await ServeAsync(length / 2, permits, table);
        long before = await RetainedAsync();
        int served = await ServeAsync(length / 2, permits, table);
        long growth = await RetainedAsync() - before;

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        output.WriteLine($"{warmUp} and {served} requests, {growth} bytes between the halves, {_bench.Validator.Statistics}");
        Proof.Write("soak-async", new { seconds, served = warmUp + served, growth, reports = _bench.Reports.Count });
        Assert.Empty(_bench.Reports);
        Assert.True(growth <= ToleratedGrowth, $"{growth} bytes more after {served} requests.");
        Assert.Empty(_bench.Validator.GetHeldLocks());
        _bench.Validator.CheckInvariants();
    }

    // Between two rounds it rests for three times as long as the round took, so that suites which run beside it do not wait for it.
    private async Task<int> ServeAsync(TimeSpan length, TrackedSemaphore permits, TrackedAsyncReaderWriterLock table)
    {
        int served = 0;
        long began = Stopwatch.GetTimestamp();
        do
        {
            long round = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Requests).Select(number => Task.Run(() => ServeAsync(number, permits, table))));
            served += Requests;
            await Task.Delay(Stopwatch.GetElapsedTime(round) * 3);
        }
        while (Stopwatch.GetElapsedTime(began) < length || served < 3 * Requests);

        return served;
    }

    /// <summary>What is kept when nobody runs any more, forgotten tasks included: the least of some looks, for the process has other things that come and go.</summary>
    private async Task<long> RetainedAsync()
    {
        while (Volatile.Read(ref _forgotten) > 0) // pairs with the decrement at the end of each
        {
            await Task.Delay(1);
        }

        long least = long.MaxValue;
        for (int look = 0; look < 3; look++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
        }

        return least;
    }

    // permits -> table -> account -> journal; what is forgotten takes the table under the account of whoever started it, which is right, for nobody waits for it.
    private async Task ServeAsync(int number, TrackedSemaphore permits, TrackedAsyncReaderWriterLock table)
    {
        if (!await permits.WaitAsync(TimeSpan.FromSeconds(number % 7 == 0 ? 0 : 60)))
        {
            return;
        }

        try
        {
            using (number % 10 == 0 ? await table.WriteLockAsync() : await table.ReadLockAsync())
            {
                await Task.Yield();
                await TransferAsync(number, table);
            }
        }
        finally
        {
            await Task.Yield();
            permits.Release();
        }
    }

    private async Task TransferAsync(int number, TrackedAsyncReaderWriterLock table)
    {
        using var cancellation = new CancellationTokenSource();
        if (number % 5 == 0)
        {
            await cancellation.CancelAsync();
        }

        try
        {
            using LockHold account = await _bench["account"].LockAsync(cancellation.Token);
            await WriteAsync("journal");
            if (number % 3 == 0)
            {
                Interlocked.Increment(ref _forgotten); // pairs with the read in RetainedAsync
                _ = Task.Run(() => BackwardsAsync(table), CancellationToken.None);
                await Task.Yield();
            }
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _forgotten); // pairs with the read in RetainedAsync
            _ = TrackedTask.Start(() => BackwardsAsync(table), _bench.Validator);
        }
    }

    private async Task WriteAsync(string name)
    {
        using LockHold hold = await _bench[name].TryLockAsync(TimeSpan.FromMinutes(1));
        Assert.True(hold.IsHeld);
        await Task.Yield();
    }

    private async Task BackwardsAsync(TrackedAsyncReaderWriterLock table)
    {
        try
        {
            using (await table.WriteLockAsync()) // waits until whoever started it has let the table go
            {
            }

            await Task.Yield();
            await WriteAsync("journal");
            await WriteAsync("account");
        }
        finally
        {
            Interlocked.Decrement(ref _forgotten); // pairs with the read in RetainedAsync
        }
    }
}
