// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

/// <summary>Many nodes, with one clock, and every message counted.</summary>
public class CrowdTests
{
    private const int Many = 50;

    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(5);

    private readonly WorldClock _clock = new();
    private readonly HeldTransport _transport = new();
    private readonly List<RemoteInvalidationNode> _nodes = [];
    private readonly Dictionary<RemoteMessageKind, int> _sent = [];
    private InvalidationNotifier _notifier = null!;
    private RemoteInvalidationOwner _owner = null!;

    [Fact]
    public void Fifty_nodes_that_a_new_owner_tells_to_begin_anew_come_back_one_after_the_other()
    {
        Start(Many, jitter: TimeSpan.FromMilliseconds(250));
        (int most, int total) = CountJoins();
        Assert.InRange(most, 1, Many / 4); // of 50 at random in 50 steps; all at once without the jitter, as below
        Assert.Equal(Many, total);
    }

    [Fact]
    public void Without_jitter_they_all_come_in_one_moment()
    {
        Start(Many, jitter: TimeSpan.Zero);
        (int most, int total) = CountJoins();
        Assert.Equal((Many, Many), (most, total));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(50)]
    public void An_invalidation_costs_three_messages_a_node_and_no_more(int nodes)
    {
        Start(nodes, jitter: TimeSpan.Zero);
        for (int round = 1; round <= 5; round++)
        {
            Assert.True(_notifier.TrySchedule(KeySpace.RangeOf("a"), InvalidationReason.Discard, out InvalidationSession session));
            using (session)
            {
                Exchange();
                Exchange();
                Assert.Equal(InvalidationOutcome.Completed, session.TryWait());
                session.Commit();
            }

            Exchange();
            foreach (RemoteMessageKind kind in (RemoteMessageKind[])[RemoteMessageKind.Schedule, RemoteMessageKind.Acknowledge, RemoteMessageKind.End])
            {
                Assert.Equal(nodes * round, _sent.GetValueOrDefault(kind));
            }
        }
    }

    private void Start(int nodes, TimeSpan jitter)
    {
        StartOwner();
        for (int number = 0; number < nodes; number++)
        {
            RemoteNodeOptions options = new() { Name = $"{number}", TimeProvider = _clock, RejoinJitter = jitter };
            _nodes.Add(new RemoteInvalidationNode(new InvalidationNotifier($"{number}"), KeySpace.All, _transport, "domain", options, isStepped: true));
        }

        Exchange();
        Exchange();
        Assert.All(_nodes, node => Assert.True(node.IsLeased));
    }

    private void StartOwner()
    {
        _transport.Silence("domain/owner");
        _notifier = new InvalidationNotifier("owner");
        RemoteOwnerOptions options = new() { Lease = TimeSpan.FromSeconds(1), Grace = TimeSpan.Zero, TimeProvider = _clock };
        _owner = new RemoteInvalidationOwner(_notifier, KeySpace.All, _transport, "domain", options, isStepped: true);
    }

    /// <summary>A new owner; how many nodes ask it for a lease in the same step, at most, and altogether.</summary>
    private (int Most, int Total) CountJoins()
    {
        StartOwner();
        int most = 0, total = 0;
        for (int step = 0; step < 300; step++)
        {
            int before = _sent.GetValueOrDefault(RemoteMessageKind.Join);
            Exchange();
            int joins = _sent.GetValueOrDefault(RemoteMessageKind.Join) - before;
            most = Math.Max(most, joins);
            total += joins;
            _clock.Advance(s_step);
        }

        Assert.All(_nodes, node => Assert.True(node.IsLeased));
        Assert.All(_nodes, node => Assert.Equal(2UL, node.GetStatistics().Incarnation));
        return (most, total);
    }

    /// <summary>Everybody works once, and what they say arrives.</summary>
    private void Exchange()
    {
        _owner.Pump();
        foreach (RemoteInvalidationNode node in _nodes)
        {
            node.Pump();
        }

        foreach (HeldMessage message in _transport.Held.ToArray())
        {
            _sent[message.Kind] = _sent.GetValueOrDefault(message.Kind) + 1;
            _transport.Bring(message);
        }

        foreach (RemoteInvalidationNode node in _nodes)
        {
            node.Pump();
        }
    }
}
