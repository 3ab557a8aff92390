// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net;
using FenceKit.Lockdep.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace FenceKit.Lockdep.Tests.Async;

/// <summary>A real server under load whose handlers do what handlers do. Correct code: not one report. The same with one handler that takes its locks the wrong way round.</summary>
[Collection(Alone.Name)]
public sealed class KestrelTests(ITestOutputHelper output)
{
    private readonly AsyncBench _bench = new();

    [Fact]
    public async Task A_correct_application_under_load_gives_no_report()
    {
        await using WebApplication application = await StartAsync();
        int answered = await LoadAsync(application, clients: 16, requests: 40 * Scale);
        output.WriteLine($"{answered} answers, {_bench.Validator.Statistics}");
        Proof.Write("kestrel", new { answered, reports = _bench.Reports.Count });
        Assert.True(answered > 0);
        Assert.Empty(_bench.Reports);
        _bench.Validator.CheckInvariants();
    }

    [Fact]
    public async Task One_handler_with_the_wrong_order_is_found_by_two_requests_one_after_the_other()
    {
        await using WebApplication application = await StartAsync();
        using HttpClient client = ClientOf(application);
        Assert.Equal("3", await client.GetStringAsync("/order/3"));
        Assert.Empty(_bench.Reports);
        Assert.Equal("wrong", await client.GetStringAsync("/wrong"));
        Assert.Equal(LockConfidence.Certain, _bench.Single(LockViolationKind.CircularDependency).Confidence);
    }

    private static int Scale => Environment.GetEnvironmentVariable("FENCEKIT_SOAK_SECONDS") is { } seconds
        ? (int)Math.Max(1, double.Parse(seconds, CultureInfo.InvariantCulture))
        : 1;

    private async Task<WebApplication> StartAsync()
    {
        TrackedSemaphore permits = new(_bench.Class("permits"), 8, "permits", _bench.Validator);
        TrackedLock cache = new(_bench.Class("cache"), "cache", _bench.Validator);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static options => options.Listen(IPAddress.Loopback, 0));
        WebApplication application = builder.Build();
        application.Use(async (context, next) =>
        {
            await permits.WaitAsync(context.RequestAborted);
            try
            {
                await next(context);
            }
            finally
            {
                permits.Release();
            }
        });
        application.MapGet("/order/{id:int}", async (int id, HttpContext context) =>
        {
            using (await _bench["orders"].LockAsync(context.RequestAborted))
            {
                await Task.Yield();
                await WriteAsync(id, cache);
                if (id % 3 == 0)
                {
                    _ = Task.Run(() => BackwardsAsync(cache), CancellationToken.None); // nobody waits for it
                }

                if (id % 4 == 0)
                {
                    await Parallel.ForEachAsync(Enumerable.Range(0, 2), async (_, _) => await WriteAsync(id, cache));
                }
            }

            return id.ToString(CultureInfo.InvariantCulture);
        });
        application.MapGet("/wrong", async () =>
        {
            using (await _bench["journal"].LockAsync())
            using (await _bench["orders"].LockAsync())
            {
                return "wrong";
            }
        });
        await application.StartAsync();
        return application;
    }

    private async Task WriteAsync(int id, TrackedLock cache)
    {
        using LockHold journal = await _bench["journal"].LockAsync();
        await Task.Delay(id % 2);
        using (cache.EnterScope())
        {
        }
    }

    private async Task BackwardsAsync(TrackedLock cache)
    {
        await WriteAsync(0, cache);
        using (await _bench["orders"].LockAsync())
        {
        }
    }

    private static HttpClient ClientOf(WebApplication application) => new() { BaseAddress = new Uri(application.Urls.First()) };

    private static async Task<int> LoadAsync(WebApplication application, int clients, int requests)
    {
        using HttpClient client = ClientOf(application);
        int answered = 0;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(number => Task.Run(async () =>
        {
            for (int i = 0; i < requests; i++)
            {
                using CancellationTokenSource leaves = new();
                if (i % 7 == number % 7)
                {
                    leaves.CancelAfter(1); // a client that does not wait
                }

                try
                {
                    await client.GetStringAsync($"/order/{number * requests + i}", leaves.Token);
                    Interlocked.Increment(ref answered);
                }
                catch (OperationCanceledException)
                {
                    // It has left.
                }
                catch (HttpRequestException)
                {
                    // The server was told that it has left, and the answer is an error that nobody reads.
                }
            }
        })));
        return answered;
    }
}
