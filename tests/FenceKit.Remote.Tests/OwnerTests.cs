// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

public class OwnerTests
{
    [Fact]
    public void Scheduling_and_ending_allocate_nothing()
    {
        Scene scene = new();
        scene.JoinAndFill();
        long before = 0;
        for (int round = 0; round < 200; round++)
        {
            if (round == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            InvalidationSession session = scene.Schedule();
            session.BackOff();
            if (round < 100)
            {
                scene.Settle();
            }
            else if (round % 10 == 0)
            {
                long pause = GC.GetAllocatedBytesForCurrentThread();
                scene.Settle();
                before += GC.GetAllocatedBytesForCurrentThread() - pause;
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_full_ring_means_that_it_would_block_and_room_comes_back()
    {
        Scene scene = new();
        scene.JoinAndFill();
        List<InvalidationSession> sessions = [];
        while (scene.OwnerNotifier.TrySchedule(Scene.Range, InvalidationReason.Discard, out InvalidationSession session))
        {
            sessions.Add(session);
        }

        Assert.Equal(64, sessions.Count);
        foreach (InvalidationSession session in sessions)
        {
            session.BackOff();
        }

        Assert.False(scene.OwnerNotifier.TrySchedule(Scene.Range, InvalidationReason.Discard, out _), "the node has not answered yet");
        scene.Settle();
        Assert.Equal(0, scene.Owner.GetStatistics().Open);
        scene.Schedule().BackOff();
    }

    [Fact]
    public void Whoever_is_waited_for_is_named()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        PendingInvalidation[] pending = new PendingInvalidation[8];
        int count = session.CopyPending(pending);
        Assert.Equal(["node", "nodes of domain"], pending.Take(count).Select(one => one.Name).Order());
        RemoteNodeInfo[] nodes = new RemoteNodeInfo[1];
        Assert.Equal(1, scene.Owner.CopyNodes(nodes));
        Assert.Equal("node", nodes[0].Name);
        Assert.Equal(1, nodes[0].Unanswered);
        Assert.True(nodes[0].LeaseLeft > TimeSpan.Zero);
        scene.Settle();
        Assert.Equal(0, session.CopyPending(pending));
        session.Dispose();
    }

    [Fact]
    public void A_grace_is_named_too()
    {
        Scene scene = new();
        scene.StartOwner(grace: null);
        InvalidationSession session = scene.Schedule();
        PendingInvalidation[] pending = new PendingInvalidation[8];
        Assert.Equal("grace of domain", pending[..session.CopyPending(pending)].Single().Name);
        session.Dispose();
    }

    [Fact]
    public async Task Sessions_that_wait_for_a_node_fault_when_the_owner_is_disposed()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        await scene.Owner.DisposeAsync();
        await scene.Owner.DisposeAsync();
        Assert.Equal(InvalidationOutcome.Faulted, session.TryWait());
        session.Dispose();
    }

    [Fact]
    public void What_is_no_message_is_counted_and_changes_nothing()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Transport.Bring(new HeldMessage("domain/owner", new byte[10]));
        scene.Transport.Bring(new HeldMessage("domain/owner", []));
        Assert.Equal(2, scene.Owner.GetStatistics().Rejected);
        Assert.Equal(1, scene.Owner.GetStatistics().Nodes);
    }

    [Fact]
    public void A_release_of_the_owner_waits_for_nodes()
    {
        Scene scene = new();
        scene.JoinAndFill();
        IReadOnlyList<QuarantinedMemory> stuck = scene.OwnerNotifier.Release(TimeSpan.Zero);
        Assert.Contains(stuck, memory => memory.Name == "node");
        scene.Cache.IsSlow = true;
        scene.Settle();
        Assert.Equal(0, scene.Cache.Count);
        Assert.Contains(scene.OwnerNotifier.Release(TimeSpan.Zero), memory => memory.Name == "node");
        scene.Cache.FinishDraining();
        scene.Settle();
        Assert.Empty(scene.OwnerNotifier.Release(TimeSpan.Zero));
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteOwnerOptions { Lease = TimeSpan.FromMilliseconds(1) }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteOwnerOptions { ClockDriftBound = double.NaN }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteOwnerOptions { Grace = TimeSpan.FromTicks(-1) }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteOwnerOptions { NodeCapacity = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteOwnerOptions { SessionCapacity = 1025 }.Validate());
        Assert.Throws<ArgumentException>(() => new RemoteNodeOptions { Name = new string('x', 65) }.Validate());
        Assert.Throws<ArgumentException>(() => new RemoteNodeOptions { Name = "two\nlines" }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteNodeOptions { ClockDriftBound = 0.6 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RemoteNodeOptions { Clock = (LeaseClock)9 }.Validate());
    }
}
