// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>What happens between a schedule and its end.</summary>
internal static class SessionScenes
{
    internal static void A_session_completes_when_the_node_has_acknowledged()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        Scene.Require(session.TryWait() == InvalidationOutcome.Pending, "a session waits for a node");
        scene.Settle();
        Scene.Require(scene.Cache.Count == 0, "the node has dropped its copy");
        Scene.Require(scene.TryWriteAndCommit(session), "a session completes with the acknowledgement");
        scene.Settle();
        Scene.Require(!scene.Read(), "there is nothing to serve");
        scene.Fill();
        Scene.Require(scene.Read(), "after the end the range is open again");
        Scene.Require(scene.Owner.GetStatistics() is { Acknowledged: 1, Expired: 0, Replaced: 0, Open: 0 }, "the end was by acknowledgement");
    }

    internal static void A_range_stays_closed_from_the_acknowledgement_to_the_end()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.PumpOwner();
        scene.Bring(RemoteMessageKind.Schedule);
        scene.PumpNode();
        scene.Bring(RemoteMessageKind.Acknowledge);
        bool began = scene.TryBeginRead(out InvalidationSequence sequence, out long value);
        bool isPublished = began && scene.Cache.TryPublish(0, sequence, value);
        Scene.Require(scene.TryWriteAndCommit(session), "a session completes with the acknowledgement");
        scene.Read();
        Scene.Require(!isPublished, "nothing is published between acknowledgement and end");
    }

    internal static void What_a_node_says_of_its_last_life_counts_for_no_session_of_this_one()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.PumpOwner();
        scene.Bring(RemoteMessageKind.Schedule);
        scene.PumpNode();
        HeldMessage acknowledgement = scene.Take(RemoteMessageKind.Acknowledge);
        foreach (int field in (int[])[32, 40, 48]) // incarnation, epoch, membership
        {
            byte[] forged = [.. acknowledgement.Bytes];
            forged[field] ^= 2;
            scene.Transport.Bring(acknowledgement with { Bytes = forged });
            Scene.Require(session.TryWait() == InvalidationOutcome.Pending, "an acknowledgement counts only for the incarnation, epoch and member that it names");
        }

        scene.Transport.Bring(acknowledgement);
        Scene.Require(session.TryWait() == InvalidationOutcome.Completed, "the right one counts");
        session.Dispose();
    }

    internal static void A_new_incarnation_answers_for_the_one_before()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Advance(0.85);
        InvalidationSession session = scene.Schedule();
        scene.Advance(0.1);
        scene.LoseAll();
        scene.PumpNode(); // its lease is over, the owner's promise not yet: it has dropped everything, and says so
        Scene.Require(scene.Cache.Count == 0, "a node that has lost its lease drops everything");
        scene.Bring(RemoteMessageKind.Join);
        Scene.Require(session.TryWait() == InvalidationOutcome.Completed, "a new incarnation is an answer for the old one");
        Scene.Require(scene.Owner.GetStatistics().Replaced == 1, "the end was by new incarnation");
        session.Dispose();
    }

    internal static void A_node_says_that_it_begins_anew_only_when_everything_has_gone()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Cache.IsSlow = true;
        scene.Advance(1.05);
        scene.LoseAll();
        scene.PumpNode();
        scene.PumpNode();
        Scene.Require(scene.Bring(RemoteMessageKind.Join) == 0, "a node does not begin anew while something of its last life is in use");
        scene.Cache.FinishDraining();
        scene.PumpNode();
        Scene.Require(scene.Bring(RemoteMessageKind.Join) == 1, "a node begins anew when all has gone");
    }

    internal static void A_node_that_drains_slowly_answers_when_it_has_drained()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Cache.IsSlow = true;
        InvalidationSession session = scene.Schedule();
        scene.Settle();
        Scene.Require(session.TryWait() == InvalidationOutcome.Pending, "a session waits for what is in use on a node");
        scene.Cache.FinishDraining();
        scene.Settle();
        Scene.Require(session.TryWait() == InvalidationOutcome.Completed, "a session completes when it has drained");
        session.Dispose();
    }

    internal static void A_schedule_that_was_lost_or_refused_is_repeated()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.PumpOwner();
        scene.LoseAll();
        scene.Advance(0.03);
        scene.PumpOwner();
        scene.Cache.IsBusy = true;
        Scene.Require(scene.Bring(RemoteMessageKind.Schedule) == 1, "who has not answered is told again");
        scene.PumpNode();
        Scene.Require(scene.Bring(RemoteMessageKind.Acknowledge) == 0, "who was refused does not answer");
        scene.Cache.IsBusy = false;
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(session), "a session completes though a message was lost");
        Scene.Require(scene.Owner.GetStatistics().Acknowledged == 1, "the end was by acknowledgement");
    }

    /// <summary>It goes on renewing, but what it has does not drain. Its lease is not made longer, so the session ends with it.</summary>
    internal static void A_node_that_does_not_answer_holds_a_session_up_for_no_longer_than_the_bound()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Advance(0.2);
        scene.Settle();
        scene.Cache.IsSlow = true;
        InvalidationSession session = scene.Schedule();
        for (int part = 0; part < 28; part++)
        {
            scene.Advance(0.05);
            scene.Settle();
        }

        Scene.Require(scene.TryWriteAndCommit(session), "a session ends after a quarter of the lease, and the lease with its drift");
        Scene.Require(!scene.Read(), "who has not drained serves nothing");
        Scene.Require(scene.Owner.GetStatistics() is { Expired: 1, Withheld: > 0 }, "the end was by expiry");
    }

    /// <summary>Everything that it says arrives, and nothing arrives at it.</summary>
    internal static void A_node_that_does_not_hear_holds_a_session_up_for_no_longer_than_the_bound()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        for (int part = 0; part < 140; part++)
        {
            scene.Advance(0.01);
            scene.PumpNode();
            scene.PumpOwner();
            scene.Bring(RemoteMessageKind.Renew);
            scene.Bring(RemoteMessageKind.Join);
            scene.LoseAll();
        }

        Scene.Require(scene.TryWriteAndCommit(session), "a session ends after a quarter of the lease, and the lease with its drift");
        scene.Read();
    }

    internal static void A_blip_within_the_lease_drops_nothing()
    {
        Scene scene = new();
        scene.JoinAndFill();
        for (int part = 0; part < 8; part++)
        {
            scene.Advance(0.1);
            scene.PumpNode();
            scene.PumpOwner();
            scene.LoseAll();
        }

        scene.Advance(0.03);
        scene.Settle();
        Scene.Require(scene.Read(), "what was there before a blip is there after it");
        Scene.Require(scene.Node.GetStatistics().Incarnation == 1, "nothing was dropped");
        scene.Advance(0.5);
        Scene.Require(scene.Read(), "the lease has been renewed");
    }

    internal static void An_end_that_was_lost_is_made_good_by_the_next_grant()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(session), "a session completes with the acknowledgement");
        scene.PumpOwner();
        scene.LoseAll();
        scene.PumpNode();
        Scene.Require(!scene.TryBeginRead(out _, out _), "the node does not know yet that it is over");
        scene.Advance(0.3);
        scene.Settle();
        scene.Fill();
        Scene.Require(scene.Read(), "after the next grant the range is open");
    }

    /// <summary>Found with a real server, whose connections were killed.</summary>
    internal static void An_end_that_was_lost_holds_no_later_session_up()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession first = scene.Schedule();
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(first), "a session completes with the acknowledgement");
        scene.PumpOwner();
        scene.LoseAll();
        InvalidationSession second = scene.Schedule();
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(second), "a later one completes though the node has not heard of the end of the earlier one");
        scene.Settle();
        scene.Read();
        scene.Advance(0.3);
        scene.Settle();
        scene.Fill();
        Scene.Require(scene.Read(), "after the next grant the range is open");
    }

    internal static void A_schedule_that_comes_after_its_end_closes_nothing()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        scene.PumpOwner();
        HeldMessage schedule = scene.Transport.Held.Find(held => held.Kind == RemoteMessageKind.Schedule)!;
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(session), "a session completes with the acknowledgement");
        scene.Settle();
        scene.Transport.Bring(schedule);
        scene.PumpNode();
        scene.Fill();
    }

    internal static void A_session_that_backs_off_lets_readers_go_on()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Cache.IsSlow = true;
        InvalidationSession session = scene.Schedule();
        scene.Settle();
        session.BackOff();
        scene.Settle();
        scene.Fill();
        Scene.Require(scene.Read(), "after a back-off copies may be made again");
        Scene.Require(scene.Owner.GetStatistics().Open == 0, "nothing is left of it at the owner");
    }

    internal static void Two_sessions_over_one_range_end_one_after_the_other()
    {
        Scene scene = new();
        scene.JoinAndFill();
        InvalidationSession first = scene.Schedule();
        InvalidationSession second = scene.Schedule();
        scene.Settle();
        Scene.Require(second.TryWait() == InvalidationOutcome.Pending, "the later one waits for the earlier one");
        first.BackOff();
        scene.Settle();
        Scene.Require(!scene.TryBeginRead(out _, out _), "the range is closed until the last has ended");
        Scene.Require(scene.TryWriteAndCommit(second), "then it completes");
        scene.Settle();
        scene.Fill();
        Scene.Require(scene.Read(), "and the range is open");
    }
}
