// SPDX-License-Identifier: MIT
// A web shop that caches its pages in buffers it may take away, and whose locks are checked by its integration tests.
using System.CommandLine;
using FenceKit.Samples;
using FenceKit.Samples.WebShop;

Option<int> port = SampleCommand.Number("--port", "Where to listen; 0 for any free port", 5080, 0, 65535);
Option<int> seconds = SampleCommand.Number("--seconds", "How long to run; 0 until Ctrl+C", 0, 0, 86_400);
RootCommand command = SampleCommand.Describe("A web shop that caches its pages in buffers it may take away; its tests check its locks.", port, seconds);
command.SetAction(async (parsed, stop) =>
{
    await using WebApplication shop = Shop.Build($"http://127.0.0.1:{parsed.GetValue(port)}");
    try
    {
        await shop.StartAsync(stop);
    }
    catch (IOException failure)
    {
        Console.Error.WriteLine($"webshop: {failure.Message}");
        return SampleCommand.Bad;
    }

    Console.WriteLine($"The shop is open at {shop.Urls.First()}, its status at {shop.Urls.First()}/status. Ctrl+C closes it.");
    using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stop, shop.Lifetime.ApplicationStopping);
    int limit = parsed.GetValue(seconds);
    await Task.Delay(limit == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(limit), end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    await shop.StopAsync(CancellationToken.None);
    Console.WriteLine("The shop is closed: every page was let go.");
    return SampleCommand.Good;
});
return SampleCommand.Run(command, "webshop", args);
