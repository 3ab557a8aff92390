// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests.Simulation;

/// <summary>
/// An owner, some nodes and a few values, the real classes, stepped on one thread by a seed: faults of the network, of processes and of clocks come as the
/// random numbers say. Beside the protocol run two that are known to be wrong, on the same events, so that a run in which nothing can go wrong is noticed.
/// </summary>
internal sealed class SimulatedWorld : IDisposable
{
    internal const int Keys = 4;
    internal const double Drift = 0.05;
    internal const string Domain = "simulated";
    internal const string PlainChannel = "plain";

    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan Bound = (Lease / 4) + (Lease * (1 + Drift));

    private readonly SimulatedNode[] _nodes;
    private SimulatedOwner _owner;
    private int _names;

    internal SimulatedWorld(int seed, int nodes)
    {
        Random = new Random(seed);
        Transport = new InMemoryTransport(new InMemoryTransportOptions
        {
            Seed = seed,
            LossRate = 0.05,
            RepeatRate = 0.05,
            MaximumDelay = Lease / 20,
            IsStepped = true,
            TimeProvider = Clock,
        });
        _nodes = [.. Enumerable.Range(0, nodes).Select(_ => StartNode())];
        _owner = new SimulatedOwner(this, TimeSpan.Zero);
    }

    internal WorldClock Clock { get; } = new();

    internal Random Random { get; }

    internal InMemoryTransport Transport { get; }

    internal SimulationCounts Counts { get; } = new();

    /// <summary>What the database says, by key: what the owner writes is there before it is committed.</summary>
    internal long[] Origin { get; } = new long[Keys];

    /// <summary>What was committed: no read that begins now may be served anything older.</summary>
    internal long[] Committed { get; } = new long[Keys];

    /// <summary>The same of the values that are invalidated by publishing and hoping.</summary>
    internal long[] PlainOrigin { get; } = new long[Keys];

    internal static AddressRange[] Ranges { get; } =
        [.. Enumerable.Range(0, Keys).Select(key => KeySpace.RangeOf(key % 2 == 0 ? "even" : "odd", $"key {key}"))];

    internal static AddressRange RangeOf(int key) => Ranges[key];

    public void Dispose() => Transport.Dispose();

    internal bool Chance(double probability) => Random.NextDouble() < probability;

    internal PartyClock MakeClock() => new(Clock, NextRate(), Random.NextInt64(1L << 50));

    /// <summary>Within the bound, and often at one of its ends.</summary>
    internal double NextRate() => Random.Next(3) switch
    {
        0 => 1 - Drift,
        1 => 1 + Drift,
        _ => 1 - Drift + (2 * Drift * Random.NextDouble()),
    };

    internal void Step()
    {
        Counts.Steps++;
        Clock.Advance(Lease * (Random.NextDouble() / 50));
        Transport.DeliverDue();
        _owner.Step();
        foreach (SimulatedNode node in _nodes)
        {
            node.Step();
        }

        if (Chance(0.004))
        {
            BreakSomething();
        }
    }

    internal void CollectCounts() => _owner.CollectCounts();

    private void BreakSomething()
    {
        int index = Random.Next(_nodes.Length);
        SimulatedNode node = _nodes[index];
        switch (Random.Next(10))
        {
            case 0:
                node.Crash();
                _nodes[index] = StartNode();
                Counts.Crashes++;
                break;
            case 1 when Chance(0.5):
                _owner.CollectCounts();
                _owner.Crash();
                _owner = new SimulatedOwner(this, grace: null);
                Counts.Successors++;
                break;
            case 2:
                _owner.Pause(Lease * Random.NextDouble());
                break;
            case 3 or 4:
                node.Pause(Lease * 2 * Random.NextDouble());
                Counts.Pauses++;
                break;
            case 5:
                node.SetClockRate(NextRate());
                _owner.SetClockRate(NextRate());
                break;
            default:
                node.Cut(Chance(0.7), Chance(0.7), Lease * 2 * Random.NextDouble());
                Counts.Partitions++;
                break;
        }
    }

    private SimulatedNode StartNode() => new(this, $"node {++_names}");
}
