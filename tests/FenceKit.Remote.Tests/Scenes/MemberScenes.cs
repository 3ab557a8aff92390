// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>Nodes and owners that come and go.</summary>
internal static class MemberScenes
{
    internal static void Nothing_that_was_begun_without_a_lease_is_published()
    {
        Scene scene = new();
        bool began = scene.TryBeginRead(out InvalidationSequence sequence, out long value);
        scene.PumpNode();
        began = began || scene.TryBeginRead(out sequence, out value);
        InvalidationSession session = scene.Schedule();
        Scene.Require(scene.TryWriteAndCommit(session), "without nodes nobody is waited for");
        scene.Settle();
        if (began)
        {
            scene.Cache.TryPublish(0, sequence, value);
        }

        scene.Read();
    }

    internal static void Who_joins_during_a_session_finds_its_range_closed()
    {
        Scene scene = new();
        InvalidationSession session = scene.Schedule();
        scene.PumpNode();
        scene.Bring(RemoteMessageKind.Join);
        scene.Bring(RemoteMessageKind.Grant);
        scene.PumpNode();
        Scene.Require(scene.Node.IsLeased, "a node may join during a session");
        bool began = scene.TryBeginRead(out InvalidationSequence sequence, out long value);
        bool isPublished = began && scene.Cache.TryPublish(0, sequence, value);
        Scene.Require(scene.TryWriteAndCommit(session), "who joined with nothing is not waited for");
        scene.Read();
        Scene.Require(!isPublished, "who joins publishes nothing into a range that is being invalidated");
        scene.Settle();
        scene.Fill();
        Scene.Require(scene.Read(), "after the end the range is open");
    }

    internal static void Who_joins_before_a_schedule_is_waited_for_though_it_has_not_heard_of_its_lease()
    {
        Scene scene = new();
        scene.PumpNode();
        scene.Bring(RemoteMessageKind.Join);
        InvalidationSession session = scene.Schedule();
        Scene.Require(session.TryWait() == InvalidationOutcome.Pending, "a lease that is on its way is a lease");
        scene.Bring(RemoteMessageKind.Grant);
        scene.PumpNode();
        scene.Fill();
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(session), "it answers as soon as it hears");
        scene.Read();
    }

    internal static void A_successor_completes_nothing_before_the_leases_of_its_predecessor_are_over()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.LoseAll();
        scene.StartOwner(grace: null);
        Scene.Require(scene.Owner.IsInGrace, "a successor begins with a grace");
        InvalidationSession session = scene.Schedule();
        bool isWritten = false;
        for (int part = 0; part < 130; part++)
        {
            scene.PumpOwner();
            isWritten = isWritten || scene.TryWriteAndCommit(session);
            scene.Read();
            scene.Advance(0.01);
        }

        Scene.Require(isWritten, "a grace ends");
        Scene.Require(!scene.Owner.IsInGrace, "and is said to have ended");
    }

    internal static void A_node_begins_anew_with_a_new_owner()
    {
        Scene scene = new();
        scene.JoinAndFill();
        List<LeaseLossReason> losses = [];
        scene.Node.LeaseLost += (_, lost) => losses.Add(lost.Reason);
        scene.StartOwner(grace: TimeSpan.Zero);
        scene.Advance(0.3);
        scene.Settle();
        Scene.Require(losses is [LeaseLossReason.NewOwner], "the node is told of the new owner");
        Scene.Require(scene.Cache.Count == 0, "what was promised by the old owner is dropped");
        Scene.Require(scene.Node.IsLeased && scene.Node.GetStatistics().Incarnation == 2, "and it joins with its next life");
    }

    internal static void What_an_old_owner_said_is_not_taken_for_the_new_one()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.PumpOwner();
        HeldMessage old = scene.Take(RemoteMessageKind.Schedule);
        scene.StartOwner(grace: TimeSpan.Zero);
        scene.Advance(0.3);
        scene.Settle();
        scene.Fill();
        byte[] replayed = [.. old.Bytes];
        replayed[32] = 2; // the incarnation of now
        scene.Transport.Bring(old with { Bytes = replayed });
        scene.PumpNode();
        Scene.Require(scene.Cache.Count == 1, "a schedule of an old epoch drops nothing");
        session.Dispose();
    }

    /// <summary>Both owners count from one. Found by the simulation, which read what was stale.</summary>
    internal static void What_ended_under_an_old_owner_has_not_ended_under_the_new_one()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession old = scene.Schedule();
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(old), "a session completes with the acknowledgement");
        scene.Settle();
        scene.StartOwner(grace: TimeSpan.Zero);
        InvalidationSession session = scene.Schedule();
        scene.Advance(0.3);
        for (int round = 0; round < 4; round++)
        {
            scene.PumpNode();
            scene.Bring(RemoteMessageKind.Renew);
            scene.Bring(RemoteMessageKind.Expel);
            scene.Bring(RemoteMessageKind.Join);
            scene.Bring(RemoteMessageKind.Grant);
        }

        scene.PumpNode();
        Scene.Require(scene.Node.IsLeased, "the node joins the new owner");
        bool began = scene.TryBeginRead(out InvalidationSequence sequence, out long value);
        bool isPublished = began && scene.Cache.TryPublish(0, sequence, value);
        Scene.Require(scene.TryWriteAndCommit(session), "who joined with nothing is not waited for");
        scene.Read();
        Scene.Require(!isPublished, "the range is closed");
    }

    internal static void A_node_that_leaves_is_not_waited_for()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.Node.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Scene.Require(scene.Cache.Count == 0, "who leaves drops everything");
        scene.Bring(RemoteMessageKind.Leave);
        Scene.Require(scene.TryWriteAndCommit(session), "who has left is not waited for");
        Scene.Require(scene.Owner.CopyNodes([]) == 0, "and is no member");
    }
}
