// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Remote;
using Spectre.Console;

namespace FenceKit.Samples.Cluster;

/// <summary>The run: processes are started, disturbed at set times, and counted.</summary>
/// <param name="duration">How long it takes.</param>
/// <param name="isAlone">Whether this process is in a network that it shares with nobody.</param>
internal sealed class Show(TimeSpan duration, bool isAlone) : IDisposable
{
    internal const int Nodes = 3;

    private static readonly TimeSpan s_longestStart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(10); // for what must be so before the last faults

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
        NetworkNamespace? cable = isAlone ? new NetworkNamespace() : null;
        using Server server = new(_directory, isAlone ? NetworkNamespace.Here : null);
        string[] shared = ["--board", path, "--port", server.Port.ToString(CultureInfo.InvariantCulture)];
        Host[] nodes = [.. Enumerable.Range(0, Nodes).Select(number => number == Nodes - 1 && cable is not null
            ? new Host(cable, [.. shared, "--node", $"{number}", "--host", NetworkNamespace.Here])
            : new Host(null, [.. shared, "--node", $"{number}"]))];
        using Host owner = new(null, [.. shared, "--owner"]);
        try
        {
            owner.Start();
            Array.ForEach(nodes, node => node.Start());
            Fault[] faults =
            [
                new(0.08, "kill -9 of node 1", nodes[1].Kill),
                new(0.14, "node 1 starts again", () => nodes[1].Start()),
                new(0.20, "SIGSTOP of node 0, longer than its lease", nodes[0].Stop),
                new(0.31, "SIGCONT of node 0", nodes[0].Continue),
                new(0.36, "SIGSTOP of the owner, longer than the lease", owner.Stop),
                new(0.46, "SIGCONT of the owner", owner.Continue),
                new(0.50, "kill -9 of the server", server.Kill),
                new(0.53, "the server starts again", server.Start),
                new(0.58, "kill -9 of the owner", owner.Kill),
                new(0.59, "a successor starts", () => owner.Start("--successor")),
                .. cable is null ? CutByTransport(board) : CutByCable(cable, board),
            ];
            return await RunAsync(board, faults, $"redis-server and {Nodes + 1} processes{(cable is null ? "" : ", one of them in a network of its own")}", writing: null);
        }
        finally
        {
            Array.ForEach(nodes, node => node.Dispose());
        }
    }

    private static Fault[] CutByTransport(Board board) =>
    [
        new(0.78, "node 2 is cut off", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 1)),
        new(0.92, "node 2 is connected again", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 0)),
    ];

    private static Fault[] CutByCable(NetworkNamespace cable, Board board) =>
    [
        new(0.72, "the cable of node 2 is pulled", cable.Pull, () => IsLeased(board, 2)),
        new(0.80, "the lease of node 2 is over, and the cable is plugged in", cable.PlugIn, () => !IsLeased(board, 2)),
        new(0.82, "node 2 is heard, and hears nothing", cable.Deafen, () => IsLeased(board, 2)),
        new(0.84, "the lease of node 2 is over, and it hears again", cable.Hear, () => !IsLeased(board, 2)),
    ];

    /// <summary>Without a server: the nodes are here, and can only be cut off.</summary>
    private async Task<Report> RunHereAsync(Board board)
    {
        AnsiConsole.MarkupLine("redis-server is not installed: one process, and a transport in its memory.");
        using InMemoryTransport transport = new();
        using CancellationTokenSource stop = new();
        Task[] nodes = [.. Enumerable.Range(0, Nodes).Select(number =>
            Task.Run(() => new Node(board, number).RunAsync(transport.Connect($"node {number}"), stop.Token)))];
        Task writing = Task.Run(() => new Writer(board, transport.Connect("owner"), TimeSpan.Zero).RunAsync(stop.Token));
        Fault[] faults =
        [
            new(0.4, "node 2 is cut off", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 1)),
            new(0.7, "node 2 is connected again", () => Volatile.Write(ref board.Of(2, NodeCount.IsCut), 0)),
        ];
        Report report = await RunAsync(board, faults, "one process", writing);
        await stop.CancelAsync();
        await Task.WhenAll([.. nodes, writing]);
        return report;
    }

    private async Task<Report> RunAsync(Board board, Fault[] faults, string parts, Task? writing)
    {
        long start = Stopwatch.GetTimestamp();
        while (!AreAllLeased(board) && Stopwatch.GetElapsedTime(start) < s_longestStart)
        {
            await Task.Delay(20); // processes take their time to start
        }

        start = Stopwatch.GetTimestamp();
        int next = 0;
        await AnsiConsole.Live(MakeTable(board, TimeSpan.Zero)).StartAsync(async live =>
        {
            while (Stopwatch.GetElapsedTime(start) < duration + (next < faults.Length ? s_longestWait : TimeSpan.Zero) && writing is not { IsCompleted: true })
            {
                while (next < faults.Length && Stopwatch.GetElapsedTime(start) >= duration * faults[next].At && faults[next].Once?.Invoke() != false)
                {
                    faults[next].Do();
                    _events.Add($"{Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s: {faults[next++].What}");
                }

                if (!Console.IsOutputRedirected)
                {
                    live.UpdateTarget(MakeTable(board, Stopwatch.GetElapsedTime(start)));
                }

                await Task.Delay(50);
            }

            live.UpdateTarget(MakeTable(board, duration));
        });
        return Report.Of(board, parts, _events);
    }

    private static bool AreAllLeased(Board board) => Enumerable.Range(0, Nodes).All(node => IsLeased(board, node));

    private static bool IsLeased(Board board, int node) => Volatile.Read(ref board.Of(node, NodeCount.IsLeased)) != 0;

    private Table MakeTable(Board board, TimeSpan past)
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

        long pending = board.Of(OwnerCount.Pending);
        string waits = board.Of(OwnerCount.IsInGrace) != 0 ? "in grace"
            : pending == 0 ? ""
            : $"waits for node {string.Join(", ", Enumerable.Range(0, Nodes).Where(node => (pending & (1L << node)) != 0))}";
        return table.Caption(Markup.Escape(
            $"{past.TotalSeconds:n0} of {duration.TotalSeconds:n0} s. Owner {board.Of(OwnerCount.Lives)}: {board.Of(OwnerCount.Sessions):n0} writes, half of them within {board.Percentile(0.5):0.0} ms, 99 of 100 within {board.Percentile(0.99):0.0} ms; "
            + $"ends: {board.Of(OwnerCount.Acknowledged):n0} by acknowledgement, {board.Of(OwnerCount.Expired)} by lease, {board.Of(OwnerCount.Replaced)} by a new life; "
            + $"{board.Of(OwnerCount.Repeats)} repeats. {waits} {_events.LastOrDefault()}"));
    }
}
