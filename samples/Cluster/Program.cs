// SPDX-License-Identifier: MIT
// Copies in several processes, kept right while processes, network and server fail. Run it: it needs nothing, and uses redis-server where it is installed.
using System.CommandLine;
using System.Diagnostics;
using FenceKit.Samples;
using FenceKit.Samples.Cluster;
using StackExchange.Redis;

Option<int> seconds = new("--seconds") { Description = "How long the run takes.", DefaultValueFactory = _ => 15 };
Option<FileInfo?> json = new("--json") { Description = "Where the report goes; the terminal unless said otherwise." };
Option<bool> namespaces = new("--namespaces") { Description = "Node 2 gets a network of its own, and is cut off by its cable. Linux, where unprivileged namespaces are allowed." };
Option<bool> alone = new("--alone") { Hidden = true };
Option<int> node = new("--node") { Hidden = true, DefaultValueFactory = _ => -1 };
Option<bool> owner = new("--owner") { Hidden = true };
Option<bool> successor = new("--successor") { Hidden = true };
Option<string> board = new("--board") { Hidden = true };
Option<string> host = new("--host") { Hidden = true, DefaultValueFactory = _ => Server.Loopback };
Option<int> port = new("--port") { Hidden = true };
RootCommand command = new("""
    Copies in three processes and one owner, with faults.

    Exit codes: 0, no copy was stale and all nodes came back; 1, otherwise, or the command line cannot be understood.
    """) { seconds, json, namespaces, alone, node, owner, successor, board, host, port };
command.SetAction(parsed => parsed.GetValue(board) is { } path
    ? ServeAsync(parsed.GetValue(owner) ? null : parsed.GetValue(node), parsed.GetValue(successor), path, parsed.GetValue(host)!, parsed.GetValue(port))
    : parsed.GetValue(namespaces) && !parsed.GetValue(alone)
        ? StartAloneAsync()
        : ShowAsync(TimeSpan.FromSeconds(Math.Max(5, parsed.GetValue(seconds))), parsed.GetValue(json), parsed.GetValue(alone)));
return await command.Parse(args).InvokeAsync();

// The same once more, in a network that nobody else is in.
async Task<int> StartAloneAsync()
{
    using Process process = Process.Start(NetworkNamespace.Alone([.. Host.OwnCommand(), .. args, "--alone"]))!;
    await process.WaitForExitAsync();
    return process.ExitCode;
}

static async Task<int> ShowAsync(TimeSpan duration, FileInfo? json, bool isAlone)
{
    Terminal.Prepare();
    using Show show = new(duration, isAlone);
    Report report = await show.RunAsync();
    if (json is null)
    {
        Console.WriteLine(report.ToJson());
    }
    else
    {
        await File.WriteAllTextAsync(json.FullName, report.ToJson());
    }

    if (json is not null || !Console.IsOutputRedirected) // JSON in a pipe stays JSON
    {
        Console.WriteLine(report.Summary);
    }

    string[] failures = [.. report.Failures()];
    Array.ForEach(failures, failure => Console.Error.WriteLine($"cluster: {failure}"));
    return failures.Length == 0 ? 0 : 1;
}

// The owner (no number) or a node in a process of its own: it lives until it is killed, or until nobody holds its board any more.
static async Task<int> ServeAsync(int? number, bool isSuccessor, string path, string host, int port)
{
    using Board shared = new(path);
    using CancellationTokenSource stop = new();
    using Timer orphan = new(_ => { if (!File.Exists(path)) { stop.Cancel(); } }, null, 1000, 1000);
    await using ConnectionMultiplexer redis = await Server.ConnectAsync(port, host);
    await (number is { } node
        ? new Node(shared, node).RunAsync(Server.MakeTransport(redis), stop.Token)
        : new Writer(shared, Server.MakeTransport(redis), isSuccessor ? null : TimeSpan.Zero).RunAsync(stop.Token));
    return 0;
}
