// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Benchmarks.Curves;
using FenceKit.Benchmarks.Ratios;
using FenceKit.Samples.Cluster;

namespace FenceKit.Benchmarks.Remote;

/// <summary><c>remote [--into DIRECTORY]</c>: invalidation across processes beside a plain publish, over a redis-server of its own.</summary>
internal static class RemoteCommand
{
    private const double MostOfAPublish = 5;
    private const double MostOfALook = 10;
    private const int NodesOfTheLimit = 3;

    private static readonly TimeSpan s_lateness = TimeSpan.FromMilliseconds(50);

    /// <returns>1 when a limit is missed.</returns>
    internal static int Run(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new OptionException($"There is no directory '{directory}'.");
        }

        if (Server.Program is null)
        {
            throw new OptionException("redis-server is not installed.");
        }

        return RunAsync(directory).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(string directory)
    {
        string data = Directory.CreateTempSubdirectory("fencekit-bench-").FullName;
        using Server server = new(data);
        try
        {
            List<RemotePoint> points = [];
            Console.WriteLine("| nodes | one plain publish, with the server's reply | one plain publish, and one back from each | one invalidation | of a hundred the slowest | ÷ publish | invalidations a second, 32 at a time |");
            Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|");
            foreach (int nodes in (int[])[1, NodesOfTheLimit, 10, 50])
            {
                await using RemoteBench bench = await RemoteBench.StartAsync(server.Port, nodes);
                points.Add(await bench.MeasureAsync());
                Console.WriteLine(Row(points[^1]));
            }

            List<double> stopped = await StoppedNode.MeasureAsync(server.Port);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"A node is stopped, lease 1 s: {stopped.Min():F0} / {RemoteBench.At(stopped, 0.5):F0} / {stopped.Max():F0} ms (shortest, middle, longest of {stopped.Count}); bound {StoppedNode.Bound.TotalMilliseconds:F0} ms."));
            (double gate, double coarse, double monotonic) = await ReadPath.MeasureAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Enter and leave: {gate:F1} ns by a plain gate, {coarse:F1} by a node, {monotonic:F1} with its exact clock."));
            Console.WriteLine($"{Machine.Describe()}, redis-server beside it.");
            string file = Path.Combine(directory, "remote-nodes.svg");
            await File.WriteAllTextAsync(file, Draw(points).ToSvg());
            return Judge(points, stopped, coarse - gate);
        }
        finally
        {
            server.Kill();
            Directory.Delete(data, recursive: true);
        }
    }

    private static int Judge(List<RemotePoint> points, List<double> stopped, double look)
    {
        double ratio = points.Single(point => point.Nodes == NodesOfTheLimit).RatioToPublish;
        double latest = (StoppedNode.Bound + s_lateness).TotalMilliseconds;
        bool isFast = ratio < MostOfAPublish, isBounded = stopped.Max() <= latest, isCheap = look <= MostOfALook;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{NodesOfTheLimit} nodes: {ratio:F1} publishes, limit {MostOfAPublish} {(isFast ? "holds" : "MISSED")}; stopped node: limit {latest:F0} ms {(isBounded ? "holds" : "MISSED")}; look at the lease: {look:F1} ns, limit {MostOfALook} {(isCheap ? "holds" : "MISSED")}"));
        return isFast && isBounded && isCheap ? 0 : 1;
    }

    private static string Row(RemotePoint point) => string.Create(CultureInfo.InvariantCulture,
        $"| {point.Nodes} | {point.Publish:F0} | {point.PublishAndBack:F0} | {point.Invalidate:F0} | {point.InvalidateP99:F0} | {point.RatioToPublish:F1} | {point.InvalidateManyPerSecond:N0} |");

    private static Chart Draw(List<RemotePoint> points) => new(
        "One invalidation with proof, by the number of nodes",
        "nodes",
        "microseconds",
        Machine.Describe() + ", redis-server beside it",
        [
            new ChartLine("invalidation, p50", true, [.. points.Select(point => ((double)point.Nodes, point.Invalidate))]),
            new ChartLine("invalidation, 32 at a time, each", true, [.. points.Select(point => ((double)point.Nodes, 1e6 / point.InvalidateManyPerSecond))]),
            new ChartLine("plain publish, with the server's reply, p50", false, [.. points.Select(point => ((double)point.Nodes, point.Publish))]),
            new ChartLine("plain publish, and one back from each, p50", false, [.. points.Select(point => ((double)point.Nodes, point.PublishAndBack))]),
        ])
    {
        Unit = "µs",
    };
}
