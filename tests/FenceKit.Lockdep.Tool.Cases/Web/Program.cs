// SPDX-License-Identifier: MIT
// A server and a client of the framework, with all that is in between: requests one after the other and side by side. Two figures at the end: nanoseconds a request
// when all is warm, and how many there were. With "serve" it makes as many requests as each line of its input says, and answers each line: the benchmarks ask a bare
// one and a rewritten one in turns. With "once" it starts, answers one request and ends.
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

int requests = args is [not ("serve" or "once")] ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 1_000;
WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddSingleton<Counter>();
WebApplication server = builder.Build();
server.MapGet("/", (Counter counter) => counter.Next());
server.MapPost("/echo", async (HttpRequest request) => (await new StreamReader(request.Body).ReadToEndAsync()).Length);
await server.StartAsync();
using var client = new HttpClient { BaseAddress = new Uri(server.Urls.First()) };
if (args is ["once"])
{
    Console.WriteLine($"answer {await client.GetStringAsync("/")}");
    await server.StopAsync();
    return;
}

if (args is ["serve"])
{
    while (Console.ReadLine() is { } line)
    {
        int times = int.Parse(line, System.Globalization.CultureInfo.InvariantCulture);
        for (int i = 0; i < times; i++)
        {
            await client.GetStringAsync("/");
        }

        Console.WriteLine(0); // what a request allocates is the framework's
    }

    return;
}

await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
{
    for (int i = 0; i < requests / 16; i++)
    {
        await client.GetStringAsync("/");
        await client.PostAsync("/echo", new StringContent(new string('x', 5_000)));
    }
}));
double best = double.MaxValue;
int count = 0;
for (int round = 0; round < 10; round++)
{
    long start = Stopwatch.GetTimestamp();
    for (int i = 0; i < requests / 10; i++)
    {
        count += (await client.GetStringAsync("/")).Length > 0 ? 1 : 0;
    }

    best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Math.Max(1, requests / 10));
}

await server.StopAsync();
Console.WriteLine(FormattableString.Invariant($"request {best:F0} {count}"));

internal sealed class Counter
{
    private readonly object _gate = new();
    private int _count;

    public string Next()
    {
        lock (_gate)
        {
            return (++_count).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
