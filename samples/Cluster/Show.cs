// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Remote;
using Spectre.Console;
using StackExchange.Redis;

namespace FenceKit.Samples.Cluster;

/// <summary>The run: processes are started, disturbed at set times, and counted.</summary>
internal sealed class Show(TimeSpan duration) : IDisposable
{
    internal const int Nodes = 3;

    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    private readonly string _directory = Directory.CreateTempSubdirectory("fencekit-cluster-").FullName;
    private readonly List<string> _events = [];

    internal async Task<Report> RunAsync()
    {
        string path = Path.Combine(_directory, "board");
        using Board board = new(path);
        return Server.Program is null ? await RunHereAsync(board) : await RunProcessesAsync(board, path);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task<Report> RunProcessesAsync(Board board, string path)
    {
        using Server server = new(_directory);
        await using ConnectionMultiplexer redis = await Server.ConnectAsync(server.Port);
        NodeHost[] hosts = [.. Enumerable.Range(0, Nodes).Select(number => new NodeHost(path, server.Port, number))];
        try
        {
            Array.ForEach(hosts, host => host.Start());
            (double At, string What, Action Do)[] faults =
            [
                (0.25, "kill -9 of node 1", hosts[1].Kill),
                (0.35, "node 1 starts again", hosts[1].Start),
                (0.45, "SIGSTOP of node 0, longer than its lease", hosts[0].Stop),
                (0.58, "SIGCONT of node 0", hosts[0].Continue),
                (0.65, "kill -9 of the server", server.Kill),
                (0.68, "the server starts again", server.Start),
                (0.80, "node 2 is cut off", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 1)),
                (0.93, "node 2 is connected again", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 0)),
            ];
            return await RunAsync(board, Server.MakeTransport(redis), faults, $"redis-server and {Nodes} processes");
        }
        finally
        {
            Array.ForEach(hosts, host => host.Dispose());
        }
    }

    /// <summary>Without a server: the nodes are here, and can only be cut off.</summary>
    private async Task<Report> RunHereAsync(Board board)
    {
        AnsiConsole.MarkupLine("redis-server is not installed: one process, and a transport in its memory.");
        using InMemoryTransport transport = new();
        using CancellationTokenSource stop = new();
        Task[] nodes = [.. Enumerable.Range(0, Nodes).Select(number =>
            Task.Run(() => new Node(board, number).RunAsync(transport.Connect($"node {number}"), stop.Token)))];
        (double At, string What, Action Do)[] faults =
        [
            (0.4, "node 2 is cut off", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 1)),
            (0.7, "node 2 is connected again", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 0)),
        ];
        Report report = await RunAsync(board, transport.Connect("owner"), faults, "one process");
        await stop.CancelAsync();
        await Task.WhenAll(nodes);
        return report;
    }

    private async Task<Report> RunAsync(Board board, IInvalidationTransport transport, (double At, string What, Action Do)[] faults, string parts)
    {
        await using Writer writer = new(board, transport, s_lease);
        using CancellationTokenSource stop = new();
        Task writing = Task.Run(() => writer.RunAsync(stop.Token));
        long start = Stopwatch.GetTimestamp();
        int next = 0;
        await AnsiConsole.Live(MakeTable(board, writer)).StartAsync(async live =>
        {
            while (Stopwatch.GetElapsedTime(start) < duration && !writing.IsCompleted)
            {
                while (next < faults.Length && Stopwatch.GetElapsedTime(start) >= duration * faults[next].At)
                {
                    faults[next].Do();
                    _events.Add($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s: {faults[next++].What}");
                }

                if (!Console.IsOutputRedirected)
                {
                    live.UpdateTarget(MakeTable(board, writer));
                }

                await Task.Delay(100);
            }

            await stop.CancelAsync();
            await writing;
            live.UpdateTarget(MakeTable(board, writer));
        });
        return Report.Of(board, writer, parts, s_lease, _events);
    }

    private Table MakeTable(Board board, Writer writer)
    {
        Table table = new Table().Title("Copies in three processes, one owner").AddColumns("", "reads", "stale", "no lease check", "plain publish", "lease");
        for (int node = 0; node < Nodes; node++)
        {
            table.AddRow(
                $"node {node}, life {board.Of(node, NodeCount.Incarnation)}",
                $"{board.Of(node, NodeCount.Reads):n0}",
                $"{board.Of(node, NodeCount.Stale):n0}",
                $"{board.Of(node, NodeCount.StaleUnchecked):n0}",
                $"{board.Of(node, NodeCount.StalePlain):n0}",
                board.Of(node, NodeCount.IsLeased) != 0 ? "yes" : "no");
        }

        RemoteOwnerStatistics ends = writer.Statistics;
        string waits = writer.Pending.Length > 0 ? $"waits for {writer.Pending}" : "";
        return table.Caption(Markup.Escape(
            $"{ends.Acknowledged:n0} ends by acknowledgement, {ends.Expired} by lease, {ends.Replaced} by a new life; {ends.Repeats} repeats. {waits} {_events.LastOrDefault()}"));
    }
}
