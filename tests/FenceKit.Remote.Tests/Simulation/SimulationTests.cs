// SPDX-License-Identifier: MIT
using Xunit.Abstractions;

namespace FenceKit.Remote.Tests.Simulation;

/// <summary>Random faults by seed over the real classes. A failure names its seed; the same seed gives the same run.</summary>
public class SimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 40;
    private const int StepsOfASeed = 3000;

    [Fact]
    public void No_read_is_stale_whatever_network_processes_and_clocks_do()
    {
        SimulationCounts total = new();
        for (int seed = 1; seed <= Seeds; seed++)
        {
            SimulationCounts counts = Run(seed);
            Assert.True(counts.Stale == 0, $"Seed {seed}: {counts}");
            Assert.True(counts.BeyondBound < SimulatedWorld.Lease / 10, $"Seed {seed}: {counts}");
            total.Add(counts);
        }

        output.WriteLine(total.ToString());

        // A run in which nothing could go wrong proves nothing.
        Assert.True(total.Steps >= 100_000, total.ToString());
        Assert.True(total.StaleWithoutLeaseCheck >= 100, total.ToString());
        Assert.True(total.StaleWithoutAcknowledgement >= 1000, total.ToString());
        Assert.True(total.Reads >= 50_000, total.ToString());
        Assert.True(total.SessionsThatWaited >= 1000 && total.SessionsThatWaited * 4 >= total.Sessions, total.ToString());
        Assert.True(total.Commits >= 1000, total.ToString());
        Assert.True(total is { Acknowledged: >= 1000, Expired: >= 50, Replaced: >= 20, Repeats: >= 500 }, total.ToString());
        Assert.True(total is { Crashes: >= 20, Successors: >= 10, Pauses: >= 50, Partitions: >= 100, Drops: >= 100 }, total.ToString());
    }

    [Fact]
    public void The_same_seed_gives_the_same_run() => Assert.Equal(Run(7).ToString(), Run(7).ToString());

    private static SimulationCounts Run(int seed)
    {
        using SimulatedWorld world = new(seed, nodes: 1 + (seed % 4));
        for (int step = 0; step < StepsOfASeed; step++)
        {
            world.Step();
        }

        world.CollectCounts();
        return world.Counts;
    }
}
