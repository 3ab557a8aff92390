// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Remote.Scenes;

/// <summary>What happens at the edges: in the middle of a schedule, and between the end of a lease and somebody's looking.</summary>
internal static class EndScenes
{
    /// <summary>A renewal arrives after the end of the lease and before the owner's timer. The node's own clock has stood still, so it would believe the grant.</summary>
    internal static void A_lease_that_ended_unnoticed_is_not_renewed()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.Advance(0.3);
        scene.PumpNode();
        HeldMessage renewal = scene.Take(RemoteMessageKind.Renew);
        scene.Advance(1.0);
        scene.Transport.Bring(renewal);
        scene.Take(RemoteMessageKind.Expel);
    }

    /// <summary>The session took its subscribers before the node became one; the node became a member before the roster was asked.</summary>
    internal static void A_node_that_joins_while_a_session_is_being_scheduled_is_waited_for()
    {
        JoinsMeanwhile first = new();
        Scene scene = new(first: first);
        scene.PumpNode();
        HeldMessage join = scene.Take(RemoteMessageKind.Join);
        first.Join = () => scene.Transport.Bring(join);
        InvalidationSession session = scene.Schedule();
        Scene.Require(first.Join is null, "the node joined in the middle of the schedule");
        scene.Bring(RemoteMessageKind.Grant);
        scene.PumpNode();
        scene.Fill();
        Scene.Require(!scene.TryWriteAndCommit(session), "a node that became a member before the roster was asked is waited for");
        scene.Settle();
        Scene.Require(scene.TryWriteAndCommit(session), "and answers");
        scene.Read();
    }

    private sealed class JoinsMeanwhile : IInvalidationSubscriber
    {
        internal Action? Join { get; set; }

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = default;
            // A subscriber may not do that; the scene needs something to happen in the middle of a schedule.
            using LockSectionScope breaksTheContract = FenceContract.IsChecked ? LockValidator.Default.Suppress("a node joins inside a schedule") : default;
            Join?.Invoke();
            Join = null;
            return true;
        }
    }
}
