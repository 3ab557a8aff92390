// SPDX-License-Identifier: MIT
// Copies in several processes, kept right while processes, network and server fail. Run it: it needs nothing, and uses redis-server where it is installed.
using System.CommandLine;
using FenceKit.Samples.Cluster;
using StackExchange.Redis;

Option<int> seconds = new("--seconds") { Description = "How long the run takes.", DefaultValueFactory = _ => 15 };
Option<FileInfo?> json = new("--json") { Description = "Where the report goes; the terminal unless said otherwise." };
Option<int> node = new("--node") { Hidden = true, DefaultValueFactory = _ => -1 };
Option<string> board = new("--board") { Hidden = true };
Option<int> port = new("--port") { Hidden = true };
RootCommand command = new("Copies in three processes and one owner, with faults.") { seconds, json, node, board, port };
command.SetAction(parsed => parsed.GetValue(node) < 0
    ? ShowAsync(TimeSpan.FromSeconds(Math.Max(5, parsed.GetValue(seconds))), parsed.GetValue(json))
    : ServeAsync(parsed.GetValue(node), parsed.GetValue(board)!, parsed.GetValue(port)));
return await command.Parse(args).InvokeAsync();

static async Task<int> ShowAsync(TimeSpan duration, FileInfo? json)
{
    using Show show = new(duration);
    Report report = await show.RunAsync();
    if (json is null)
    {
        Console.WriteLine(report.ToJson());
    }
    else
    {
        await File.WriteAllTextAsync(json.FullName, report.ToJson());
    }

    string[] failures = [.. report.Failures()];
    Array.ForEach(failures, failure => Console.Error.WriteLine($"cluster: {failure}"));
    return failures.Length == 0 ? 0 : 1;
}

// A node in a process of its own: it lives until it is killed, or until nobody holds its board any more.
static async Task<int> ServeAsync(int number, string path, int port)
{
    using Board shared = new(path);
    using CancellationTokenSource stop = new();
    using Timer orphan = new(_ => { if (!File.Exists(path)) { stop.Cancel(); } }, null, 1000, 1000);
    await using ConnectionMultiplexer redis = await Server.ConnectAsync(port);
    await new Node(shared, number).RunAsync(Server.MakeTransport(redis), stop.Token);
    return 0;
}
