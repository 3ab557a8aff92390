// SPDX-License-Identifier: MIT
using FenceKit.Benchmarks.Ratios;
using FenceKit.Remote;

namespace FenceKit.Benchmarks.Remote;

/// <summary>What a reader pays for the look at the lease: entering and leaving through a node, beside the same through a plain gate. In turns, with medians.</summary>
internal static class ReadPath
{
    private const int Rounds = 15;

    private static readonly AddressRange s_range = KeySpace.RangeOf("key");

    /// <returns>Nanoseconds.</returns>
    internal static async Task<(double Gate, double Coarse, double Monotonic)> MeasureAsync()
    {
        using InMemoryTransport transport = new();
        using InvalidationNotifier owners = new("owner"), notifier = new("node");
        await using RemoteInvalidationOwner owner = new(
            owners, KeySpace.All, transport.Connect("owner"), "reads", new RemoteOwnerOptions { Grace = TimeSpan.Zero });
        using ReaderGate gate = new(notifier, KeySpace.All, "readers");
        await using RemoteInvalidationNode coarse = new(notifier, KeySpace.All, transport.Connect("coarse"), "reads");
        await using RemoteInvalidationNode monotonic = new(
            notifier, KeySpace.All, transport.Connect("monotonic"), "reads", new RemoteNodeOptions { Clock = LeaseClock.Monotonic });
        if (!await coarse.WaitForLeaseAsync(TimeSpan.FromSeconds(60)) || !await monotonic.WaitForLeaseAsync(TimeSpan.FromSeconds(60)))
        {
            throw new IOException("A node got no lease.");
        }

        Action<int>[] work = [count => Enter(gate, count), count => Enter(coarse, count), count => Enter(monotonic, count)];
        int[] counts = [.. work.Select(RatioRunner.Calibrate)];
        List<double>[] times = [[], [], []];
        for (int round = 0; round < Rounds; round++)
        {
            for (int index = 0; index < work.Length; index++)
            {
                times[index].Add(RatioRunner.Time(work[index], counts[index]));
            }
        }

        return (RemoteBench.At(times[0], 0.5), RemoteBench.At(times[1], 0.5), RemoteBench.At(times[2], 0.5));
    }

    private static void Enter(ReaderGate gate, int count)
    {
        for (int turn = 0; turn < count; turn++)
        {
            if (gate.TryEnter(s_range, out ReaderScope scope))
            {
                scope.Dispose();
            }
        }
    }

    private static void Enter(RemoteInvalidationNode node, int count)
    {
        for (int turn = 0; turn < count; turn++)
        {
            if (node.TryEnter(s_range, out LeasedScope scope))
            {
                scope.Dispose();
            }
        }
    }
}
