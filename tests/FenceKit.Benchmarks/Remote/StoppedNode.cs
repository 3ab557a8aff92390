// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using FenceKit.Remote;
using FenceKit.Samples.Cluster;
using StackExchange.Redis;

namespace FenceKit.Benchmarks.Remote;

/// <summary>How long an invalidation takes when the only node, a process of its own, has been stopped.</summary>
internal static class StoppedNode
{
    private const int Trials = 8;
    private const string Domain = "stopped";

    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(1);

    internal static TimeSpan Bound => (s_lease / 4) + (s_lease * 1.01);

    /// <returns>The times, in milliseconds.</returns>
    internal static async Task<List<double>> MeasureAsync(int port)
    {
        await using ConnectionMultiplexer redis = await Server.ConnectAsync(port);
        using InvalidationNotifier notifier = new("owner");
        await using RemoteInvalidationOwner owner = new(
            notifier, KeySpace.All, Server.MakeTransport(redis), Domain, new RemoteOwnerOptions { Lease = s_lease, Grace = TimeSpan.Zero });
        using Process node = Process.Start(CommandLine.StartAgain("remote-node", port.ToString(CultureInfo.InvariantCulture)))!;
        List<double> times = [];
        try
        {
            for (int trial = 0; trial < Trials; trial++)
            {
                while (owner.CopyNodes([]) == 0)
                {
                    await Task.Delay(10);
                }

                await Task.Delay(trial * 40); // somewhere between two renewals
                Signals.Send(node, "STOP");
                times.Add(await InvalidateAsync(notifier));
                Signals.Send(node, "CONT");
                await Task.Delay(300); // until it has heard that its life is over
            }
        }
        finally
        {
            node.Kill();
            await node.WaitForExitAsync();
        }

        return times;
    }

    /// <summary>The process that is stopped. It lives until it is killed.</summary>
    internal static async Task<int> ServeAsync(int port)
    {
        await using ConnectionMultiplexer redis = await Server.ConnectAsync(port);
        using InvalidationNotifier notifier = new("node");
        await using RemoteInvalidationNode node = new(notifier, KeySpace.All, Server.MakeTransport(redis), Domain);
        await Task.Delay(Timeout.InfiniteTimeSpan);
        return 0;
    }

    private static async Task<double> InvalidateAsync(InvalidationNotifier notifier)
    {
        long begun = Stopwatch.GetTimestamp();
        if (!notifier.TrySchedule(KeySpace.RangeOf("key"), InvalidationReason.Discard, out InvalidationSession session))
        {
            throw new IOException("An invalidation was refused.");
        }

        using (session)
        {
            if (await session.WaitAsync(TimeSpan.FromSeconds(60)) != InvalidationOutcome.Completed)
            {
                throw new IOException("An invalidation did not complete.");
            }

            double time = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            session.Commit();
            return time;
        }
    }
}
