using FenceKit.Remote;

namespace FenceKit.Exploration;

/// <summary>
/// One owner, one node, and what lies between them; a clock for each. The real classes: nothing of them runs by itself, so the threads of a scenario are the owner's
/// pump, the node's pump, the transport and the readers, as the scenario says.
/// </summary>
internal sealed class RemoteWorld
{
    internal const double Drift = 0.05;

    internal static readonly AddressRange Range = KeySpace.RangeOf("explored");
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(1);

    internal long Origin;    // what the database says
    internal long Committed; // what was committed

    private readonly TimeSpan _delay;
    private InvalidationSession _session;

    /// <param name="repeatRate">How many of the messages come twice.</param>
    /// <param name="seed">What decides how long each copy of a message takes; without one nothing takes any time.</param>
    internal RemoteWorld(double repeatRate = 0, int? seed = null)
    {
        _delay = seed is null ? TimeSpan.Zero : TimeSpan.FromMilliseconds(10);
        Transport = new InMemoryTransport(new InMemoryTransportOptions
        {
            IsStepped = true,
            RepeatRate = repeatRate,
            MaximumDelay = _delay,
            Seed = seed ?? 0,
            TimeProvider = NetworkClock,
        });
        Copy = new RemoteCopy(this);
        StartOwner(TimeSpan.Zero);
    }

    internal ManualClock NetworkClock { get; } = new();

    internal ManualClock OwnerClock { get; private set; } = new();

    internal InMemoryTransport Transport { get; }

    internal InMemoryConnection OwnerConnection { get; private set; } = null!;

    internal InvalidationNotifier Notifier { get; private set; } = null!;

    internal RemoteInvalidationOwner Owner { get; private set; } = null!;

    internal RemoteCopy Copy { get; }

    /// <summary>The owner's process is new: it knows nothing of its predecessor's promises.</summary>
    internal void StartOwner(TimeSpan? grace)
    {
        OwnerClock = new ManualClock();
        OwnerConnection = Transport.Connect("owner");
        Notifier = new InvalidationNotifier("owner", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        RemoteOwnerOptions options = new()
        {
            Lease = Lease,
            ClockDriftBound = Drift,
            Grace = grace,
            NodeCapacity = 2,
            SessionCapacity = 2,
            TimeProvider = OwnerClock,
        };
        Owner = new RemoteInvalidationOwner(Notifier, Range, OwnerConnection, "explored", options, isStepped: true);
    }

    /// <summary>The node has a lease, and a copy of what is committed.</summary>
    internal RemoteWorld Joined()
    {
        Settle();
        Assert.True(Copy.Node.IsLeased);
        Copy.Fill();
        Assert.False(Copy.IsEmpty);
        return this;
    }

    internal void Schedule()
    {
        Assert.True(Notifier.TrySchedule(Range, InvalidationReason.Discard, out _session));
        Owner.Pump();
    }

    /// <summary>Waits until nobody serves the old value any more, writes, and commits.</summary>
    internal void WriteAndCommit()
    {
        if (_session.TryWait() == InvalidationOutcome.Pending)
        {
            Explored.WaitUntil(() => Copy.ReadersInside == 0, "nobody reads"); // then what the pumps would do by themselves
            Settle();
        }

        Assert.Equal(InvalidationOutcome.Completed, _session.Wait(Timeout.InfiniteTimeSpan));
        Write();
    }

    internal bool IsCompleted => _session.TryWait() == InvalidationOutcome.Completed;

    internal bool TryWriteAndCommit()
    {
        bool isCompleted = _session.TryWait() == InvalidationOutcome.Completed;
        if (isCompleted)
        {
            Write();
        }
        else
        {
            _session.BackOff();
        }

        return isCompleted;
    }

    /// <summary>Everybody works, and everything arrives.</summary>
    internal void Settle()
    {
        for (int round = 0; round < (_delay == TimeSpan.Zero ? 2 : 4); round++)
        {
            Owner.Pump();
            Deliver();
            Copy.Pump();
            Deliver();
        }
    }

    /// <summary>A lease goes by for the owner, who waits that long; for the node as little as a clock within the bound can have gone on.</summary>
    internal void LeaseRunsOut()
    {
        Copy.Clock.Advance(Lease * (1 - Drift));
        OwnerClock.Advance(Lease * (1 + Drift));
        Owner.Pump();
    }

    /// <summary>The second half of a lease whose first half has gone by for both.</summary>
    internal void RestOfLeaseRunsOut()
    {
        Copy.Clock.Advance(Lease / 2);
        OwnerClock.Advance(Lease * (0.5 + Drift));
        Owner.Pump();
    }

    internal void CheckAtRest()
    {
        for (int round = 0; round < 3; round++)
        {
            OwnerClock.Advance(Lease * 0.3); // what was lost is repeated, and an end by the next renewal
            Copy.Clock.Advance(Lease * 0.3);
            Settle();
        }

        RemoteOwnerStatistics statistics = Owner.GetStatistics();
        Assert.Equal(0, Notifier.ActiveSessions);
        Assert.Equal(0, statistics.Open);
        Assert.Equal(0, Copy.Node.GetStatistics().Open);
        Copy.Node.DisposeAsync().AsTask().GetAwaiter().GetResult(); // gives back the index of the readers' gate
    }

    /// <summary>What its delay lets through: a part of it goes by, so that messages overtake each other.</summary>
    private void Deliver()
    {
        NetworkClock.Advance(_delay * 0.3);
        Transport.DeliverDue();
    }

    private void Write()
    {
        long written = Volatile.Read(ref Origin) + 1;
        Volatile.Write(ref Origin, written);
        _session.Commit();
        Volatile.Write(ref Committed, written);
    }
}
