using FenceKit.Remote;
using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Owner and node of FenceKit.Remote, with readers, pumps and the transport on threads of their own. Messages wait in memory, and each party has a clock.</summary>
public class RemoteExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    /// <summary>The whole round: told, dropped, acknowledged, written, committed. The reader is anywhere.</summary>
    [Fact]
    public void A_read_against_an_invalidation_is_never_served_what_was_there_before() =>
        Verify(
            Scenario.Of("read against invalidate", () => new RemoteWorld().Joined())
                .Thread("reader", world =>
                {
                    world.Copy.ReadInPlace();
                    world.Copy.Read();
                })
                .Thread("everybody else", world =>
                {
                    world.Schedule();
                    world.Settle();
                    world.WriteAndCommit();
                    world.Settle();
                })
                .AtEnd(world =>
                {
                    world.CheckAtRest();
                    Assert.Equal(1, world.Owner.GetStatistics().Acknowledged);
                }),
            preemptions: 2);

    /// <summary>Who fills reads the origin before, during or after the write; what it has read is published only if nothing came between. Each message comes twice.</summary>
    [Fact]
    public void What_is_filled_against_an_invalidation_is_never_what_was_there_before() =>
        Verify(
            Scenario.Of("fill and read against invalidate", () => new RemoteWorld(repeatRate: 1).Joined())
                .Thread("reader", world =>
                {
                    world.Copy.Fill();
                    world.Copy.Read();
                })
                .Thread("everybody else", world =>
                {
                    world.Schedule();
                    world.Settle();
                    world.WriteAndCommit();
                })
                .AtEnd(world => world.CheckAtRest()),
            preemptions: 2);

    /// <summary>The owner schedules on one thread while its transport brings a join on another: the node is waited for, or finds the range closed.</summary>
    [Fact]
    public void A_node_that_joins_while_a_session_begins_is_waited_for_or_finds_the_range_closed() =>
        Verify(
            Scenario.Of("join, fill and read against invalidate", () =>
                {
                    RemoteWorld world = new();
                    world.Copy.Pump(); // its join is on its way
                    return world;
                })
                .Thread("node", world =>
                {
                    world.Transport.DeliverDue();
                    world.Copy.Pump();
                    world.Copy.Fill();
                    world.Transport.DeliverDue();
                    world.Copy.Pump();
                    world.Transport.DeliverDue();
                    world.Copy.Read();
                })
                .Thread("owner", world =>
                {
                    world.Schedule();
                    world.TryWriteAndCommit();
                    world.Owner.Pump();
                })
                .AtEnd(world =>
                {
                    world.Copy.Read();
                    world.CheckAtRest();
                }),
            preemptions: 2);

    /// <summary>The lease runs out, on the node's clock and then on the owner's, while the acknowledgement arrives: the answer counts once.</summary>
    [Fact]
    public void The_end_of_a_lease_against_its_acknowledgement_is_one_answer() =>
        Verify(
            Scenario.Of("lease end against acknowledgement", () => Told(new RemoteWorld().Joined()))
                .Thread("transport", world =>
                {
                    world.Transport.DeliverDue();
                    world.Copy.Read();
                })
                .Thread("time", world =>
                {
                    world.LeaseRunsOut();
                    world.WriteAndCommit();
                })
                .AtEnd(world =>
                {
                    RemoteOwnerStatistics statistics = world.Owner.GetStatistics();
                    Assert.Equal(1, statistics.Acknowledged + statistics.Expired);
                    world.CheckAtRest();
                }),
            preemptions: 2);

    /// <summary>A renewal arrives while the lease runs out: either the owner waits for the longer lease, or there is none.</summary>
    [Fact]
    public void A_renewal_against_the_end_of_the_lease_is_given_or_refused() =>
        Verify(
            Scenario.Of("renewal against lease end", () =>
                {
                    RemoteWorld world = new RemoteWorld().Joined();
                    world.Copy.Clock.Advance(RemoteWorld.Lease / 2);
                    world.OwnerClock.Advance(RemoteWorld.Lease / 2);
                    world.Copy.Pump(); // the renewal is on its way
                    return world;
                })
                .Thread("node", world =>
                {
                    world.Transport.DeliverDue();
                    world.Copy.Pump();
                })
                .Thread("owner", world =>
                {
                    world.Schedule();
                    world.RestOfLeaseRunsOut();
                    world.TryWriteAndCommit();
                })
                .AtEnd(world =>
                {
                    bool isMember = world.Owner.CopyNodes([]) == 1;
                    Assert.True(isMember || !world.Copy.Node.IsLeased, "the node believes a lease that the owner does not know of");
                    world.Copy.Read();
                    world.CheckAtRest();
                }),
            preemptions: 2);

    /// <summary>The node's process stood still: its clock goes on, and its pump does not run. Whoever reads looks at the clock after he has entered.</summary>
    [Fact]
    public void A_read_against_the_end_of_the_lease_is_served_before_it_or_not_at_all() =>
        Verify(
            Scenario.Of("read against lease end", () => new RemoteWorld().Joined())
                .Thread("reader", world =>
                {
                    world.Copy.Read();
                    world.Copy.ReadInPlace();
                })
                .Thread("owner, whom the node does not hear", world =>
                {
                    world.Copy.Connection.IsReceivingCut = true;
                    world.Schedule();
                    world.LeaseRunsOut();
                    world.WriteAndCommit();
                })
                .AtEnd(world =>
                {
                    Assert.Equal(1, world.Owner.GetStatistics().Expired);
                    world.Copy.Connection.IsReceivingCut = false;
                    world.CheckAtRest();
                }),
            preemptions: 2);

    /// <summary>Two invalidations over a way on which every message comes twice, and copies overtake each other: also an end its schedule.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_that_repeat_and_overtake_each_other_make_no_read_stale(int seed) =>
        Verify(
            Scenario.Of("fill and read against two invalidations, repeated and reordered", () => new RemoteWorld(repeatRate: 1, seed).Joined())
                .Thread("reader", world =>
                {
                    world.Copy.Fill();
                    world.Copy.Read();
                })
                .Thread("everybody else", world =>
                {
                    world.Schedule();
                    world.Settle();
                    world.WriteAndCommit();
                    world.Schedule();
                    world.Settle();
                    world.WriteAndCommit();
                })
                .AtEnd(world => world.CheckAtRest()),
            preemptions: 1);

    /// <summary>The owner has died. Its successor knows of nobody, and the node has not heard: what its predecessor promised runs out before the grace does.</summary>
    [Fact]
    public void A_read_against_a_successor_that_the_node_has_not_heard_of_is_never_served_what_was_there_before() =>
        Verify(
            Scenario.Of("read against successor", () => Succeeded(new RemoteWorld().Joined()))
                .Thread("reader", world =>
                {
                    world.Copy.Read();
                    world.Copy.ReadInPlace();
                })
                .Thread("successor", world =>
                {
                    world.Schedule();
                    Assert.False(world.IsCompleted, "a successor completes something before its grace is over");
                    world.LeaseRunsOut();
                    world.WriteAndCommit();
                })
                .AtEnd(world => world.CheckAtRest()),
            preemptions: 2);

    /// <summary>The node hears of the successor while that has a session open: it drops everything, joins, and finds the range closed.</summary>
    [Fact]
    public void A_node_that_finds_a_successor_begins_with_nothing() =>
        Verify(
            Scenario.Of("fill and read against successor", () =>
                {
                    RemoteWorld world = Succeeded(new RemoteWorld().Joined());
                    world.Copy.Clock.Advance(RemoteWorld.Lease / 2);
                    world.OwnerClock.Advance(RemoteWorld.Lease / 2);
                    return world;
                })
                .Thread("reader", world =>
                {
                    world.Copy.Fill();
                    world.Copy.Read();
                })
                .Thread("everybody else", world =>
                {
                    world.Schedule();
                    world.Settle(); // a renewal, to which the answer is that its life is over; and a join
                    world.RestOfLeaseRunsOut();
                    world.WriteAndCommit();
                })
                .AtEnd(world =>
                {
                    Assert.Equal(2UL, world.Copy.Node.GetStatistics().Incarnation);
                    world.CheckAtRest();
                }),
            preemptions: 1);

    /// <summary>Whoever wakes the pump has written down what is to be done; the pump sees it, and never runs twice at once.</summary>
    [Fact]
    public void What_a_pump_is_woken_for_is_done() =>
        Verify(
            Scenario.Of("wake against wake against work", () => new PumpedWork())
                .Thread("one", work => work.Add())
                .Thread("other", work => work.Add())
                .PoolThread()
                .AtEnd(work => Assert.Equal(2, work.Done)),
            preemptions: 2);

    private static RemoteWorld Succeeded(RemoteWorld world)
    {
        world.OwnerConnection.IsSendingCut = true;
        world.OwnerConnection.IsReceivingCut = true;
        world.StartOwner(grace: null);
        return world;
    }

    private static RemoteWorld Told(RemoteWorld world)
    {
        world.Schedule();
        world.Transport.DeliverDue();
        world.Copy.Pump(); // its acknowledgement is on its way
        return world;
    }

    private sealed class PumpedWork
    {
        private readonly RemotePump _pump;
        private int _wanted;
        private int _running;

        public PumpedWork() => _pump = new RemotePump(Work, new ManualClock(), isStepped: false);

        public int Done { get; private set; }

        public void Add()
        {
            Interlocked.Increment(ref _wanted);
            _pump.Wake();
        }

        private TimeSpan Work()
        {
            Assert.Equal(1, Interlocked.Increment(ref _running));
            Done = Volatile.Read(ref _wanted);
            Interlocked.Decrement(ref _running);
            return Timeout.InfiniteTimeSpan;
        }
    }
}
