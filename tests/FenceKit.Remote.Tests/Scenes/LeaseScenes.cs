// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>When a lease begins and ends, on both sides.</summary>
internal static class LeaseScenes
{
    /// <summary>The grant takes nearly as long as the lease itself.</summary>
    internal static void A_lease_runs_from_the_sending_of_its_request()
    {
        Scene scene = new();
        scene.PumpNode();
        scene.Bring(RemoteMessageKind.Join);
        HeldMessage grant = scene.Take(RemoteMessageKind.Grant);
        scene.Advance(0.85);
        scene.Transport.Bring(grant);
        scene.PumpNode();
        Scene.Require(scene.Node.IsLeased, "a grant that comes in time is a lease");
        scene.Fill();
        scene.LoseAll();
        InvalidationSession session = scene.Schedule();
        scene.Advance(0.3);
        scene.PumpOwner();
        Scene.Require(scene.TryWriteAndCommit(session), "a session ends with the lease of a node that is not heard");
        scene.Read();
        scene.Advance(0.4);
        scene.Read();
    }

    internal static void An_owner_waits_for_a_node_that_it_cannot_reach_as_long_as_that_may_serve_copies()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        for (int part = 0; part < 8; part++)
        {
            scene.Advance(0.1);
            scene.PumpOwner();
            scene.LoseAll();
            scene.TryWriteAndCommit(session);
            Scene.Require(scene.Read() == scene.Node.IsLeased, "a node serves as long as its lease lasts, and no longer");
        }

        session.Dispose();
    }

    /// <summary>The process was stopped; its first act is a read.</summary>
    internal static void A_process_that_was_stopped_looks_at_the_clock_before_it_serves()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.Advance(1.2);
        scene.PumpOwner();
        Scene.Require(scene.TryWriteAndCommit(session), "a session ends with the lease of a node that is stopped");
        Scene.Require(!scene.Read(), "nothing is served after the lease");
    }

    internal static void Clocks_that_part_by_the_bound_make_no_read_stale()
    {
        Scene scene = new(ownerRate: 1 + Scene.Drift, nodeRate: 1 - Scene.Drift);
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.LoseAll();
        bool isWritten = false;
        for (int part = 0; part < 150; part++)
        {
            scene.Advance(0.01);
            scene.PumpOwner();
            scene.LoseAll();
            isWritten = isWritten || scene.TryWriteAndCommit(session);
            scene.Read();
        }

        Scene.Require(isWritten, "a session ends with the lease of a node that is not heard");
    }

    internal static void Renewals_keep_a_lease_and_the_copies()
    {
        Scene scene = new();
        scene.JoinAndFill();
        for (int part = 0; part < 40; part++)
        {
            scene.Advance(0.1);
            scene.Settle();
            Scene.Require(scene.Read(), "a node that is heard serves without a break");
        }

        Scene.Require(scene.Node.GetStatistics().Incarnation == 1, "nothing was dropped");
    }

    internal static void A_lease_that_has_ended_is_over_for_the_owner_too()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Advance(0.3);
        scene.PumpNode();
        HeldMessage renewal = scene.Take(RemoteMessageKind.Renew);
        InvalidationSession session = scene.Schedule();
        scene.Advance(0.9);
        scene.PumpOwner();
        Scene.Require(scene.TryWriteAndCommit(session), "a session ends with the lease of a node that is not heard");
        scene.LoseAll();
        scene.Transport.Bring(renewal);
        Scene.Require(scene.Transport.Held.TrueForAll(held => held.Kind != RemoteMessageKind.Grant), "a dead incarnation is never renewed");
        scene.Take(RemoteMessageKind.Expel);
    }

    /// <summary>A join that was overtaken makes a second member of a node that has copies; its lease is not that node's.</summary>
    internal static void A_join_that_comes_late_renews_nothing()
    {
        Scene scene = new();
        scene.PumpNode();
        scene.Advance(0.06);
        scene.PumpNode();
        HeldMessage first = scene.Take(RemoteMessageKind.Join);
        HeldMessage late = scene.Take(RemoteMessageKind.Join);
        scene.Transport.Bring(first);
        scene.Bring(RemoteMessageKind.Grant);
        scene.PumpNode();
        scene.Fill();
        scene.Advance(0.3);
        scene.PumpNode();
        HeldMessage renewal = scene.Take(RemoteMessageKind.Renew);
        scene.Advance(0.9);
        scene.PumpOwner();
        Scene.Require(scene.Owner.CopyNodes([]) == 0, "a member that does not renew is no member any more");
        scene.Transport.Bring(late);
        HeldMessage lateGrant = scene.Take(RemoteMessageKind.Grant);
        scene.Transport.Bring(renewal);
        Scene.Require(scene.Transport.Held.TrueForAll(held => held.Kind != RemoteMessageKind.Grant), "another member's lease is not renewed");
        scene.Transport.Bring(lateGrant);
        scene.PumpNode();
        Scene.Require(!scene.Node.IsLeased, "a grant for a request of a node that held nothing is none for one that does");
    }

    internal static void A_reader_in_place_hears_that_its_lease_ended_inside()
    {
        Scene scene = new();
        scene.JoinAndFill();
        Scene.Require(scene.Node.TryEnter(Scene.Range, out LeasedScope inTime), "a leased node lets readers in");
        Scene.Require(inTime.Leave(), "a lease that held is said to have held");
        Scene.Require(scene.Node.TryEnter(Scene.Range, out LeasedScope late), "a leased node lets readers in");
        scene.Advance(1.5);
        Scene.Require(!late.Leave(), "a lease that ended inside is said to have ended");
    }
}
