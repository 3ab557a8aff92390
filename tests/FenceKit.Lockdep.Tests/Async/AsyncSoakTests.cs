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
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task Requests_with_forgotten_tasks_cancellation_and_timeouts_give_no_report()
    {
        TimeSpan length = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("FENCEKIT_SOAK_SECONDS") ?? "3", CultureInfo.InvariantCulture));
        using var permits = new TrackedSemaphore(_bench.Class("permits"), 8, "permits", _bench.Validator);
        using var table = new TrackedAsyncReaderWriterLock(_bench.Class("table"), "table", _bench.Validator);
        long began = Stopwatch.GetTimestamp();
        long served = 0;
        long after = 0;
        do
        {
            var requests = new Task[Requests];
            for (int i = 0; i < Requests; i++)
            {
                int number = i;
                requests[i] = Task.Run(() => ServeAsync(number, permits, table));
            }

            await Task.WhenAll(requests);
            served += Requests;
            after = after == 0 && served >= 3 * Requests ? GC.GetTotalMemory(forceFullCollection: true) : after;
        }
        while (Stopwatch.GetElapsedTime(began) < length || served < 4 * Requests);

        long growth = GC.GetTotalMemory(forceFullCollection: true) - after;
        output.WriteLine($"{served} requests, {growth} bytes since the third round, {_bench.Validator.Statistics}");
        Proof.Write("soak-async", new { served, growth, reports = _bench.Reports.Count });
        Assert.Empty(_bench.Reports);
        Assert.InRange(growth, long.MinValue, 4_000_000);
        Assert.Empty(_bench.Validator.GetHeldLocks());
        _bench.Validator.CheckInvariants();
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
                _ = Task.Run(() => BackwardsAsync(table), CancellationToken.None);
                await Task.Yield();
            }
        }
        catch (OperationCanceledException)
        {
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
        using (await table.WriteLockAsync()) // waits until whoever started it has let the table go
        {
        }

        await Task.Yield();
        await WriteAsync("journal");
        await WriteAsync("account");
    }
}
