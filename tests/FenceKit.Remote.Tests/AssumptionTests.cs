// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests;

/// <summary>What the protocol assumes, each broken in turn: then a read is stale. So the assumptions are not there for comfort.</summary>
public class AssumptionTests
{
    [Fact]
    public void Clocks_that_part_by_more_than_the_bound_make_a_read_stale()
    {
        Scene scene = new(ownerRate: 1 + (2 * Scene.Drift), nodeRate: 1 - (2 * Scene.Drift));
        scene.JoinAndFill();
        InvalidationSession session = scene.Schedule();
        Assert.Throws<SceneException>(() =>
        {
            for (int part = 0; part < 150; part++)
            {
                scene.LoseAll();
                scene.Advance(0.01);
                scene.PumpOwner();
                _ = scene.TryWriteAndCommit(session) && scene.Read();
                if (session.HasEnded)
                {
                    break;
                }
            }
        });
    }

    [Fact]
    public void A_clock_of_a_node_that_stands_still_makes_a_read_stale()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.NodeClock.SetRate(0); // as in suspend, for a clock that does not go on there
        CommitUnheard(scene);
        Assert.Throws<SceneException>(() => scene.Read());
    }

    [Fact]
    public void A_second_owner_without_grace_makes_a_read_stale()
    {
        Scene scene = new();
        scene.JoinAndFill();
        scene.StartOwner(TimeSpan.Zero); // it knows nothing of the first one's nodes
        InvalidationSession session = scene.Schedule();
        Assert.True(scene.TryWriteAndCommit(session));
        Assert.Throws<SceneException>(() => scene.Read());
    }

    [Fact]
    public void An_owner_that_is_made_after_a_session_has_begun_makes_a_read_stale()
    {
        Scene scene = new();
        InvalidationSession session = default;
        scene.StartOwner(TimeSpan.Zero, before: notifier => Assert.True(notifier.TrySchedule(Scene.Range, InvalidationReason.Discard, out session)));
        scene.JoinAndFill();
        Assert.True(scene.TryWriteAndCommit(session));
        Assert.Throws<SceneException>(() => scene.Read());
    }

    [Fact]
    public void Who_serves_a_copy_without_asking_serves_what_is_stale()
    {
        Scene scene = new();
        scene.JoinAndFill();
        Assert.True(scene.Cache.TryGet(0, out long before));
        CommitUnheard(scene);
        Assert.False(scene.Read());
        Assert.True(scene.Cache.TryGet(0, out long after));
        Assert.Equal(before, after);
    }

    [Fact]
    public void What_was_read_before_and_is_kept_all_the_same_is_stale()
    {
        Scene scene = new();
        scene.JoinAndFill();
        Assert.True(scene.TryBeginRead(out _, out long before));
        InvalidationSession session = scene.Schedule();
        scene.Settle();
        Assert.True(scene.TryWriteAndCommit(session));
        scene.Settle();
        Assert.True(scene.TryBeginRead(out InvalidationSequence sequence, out _));
        Assert.True(scene.Cache.TryPublish(0, sequence, before)); // under a sequence that it was not read under
        Assert.Throws<SceneException>(() => scene.Read());
    }

    /// <summary>The node hears nothing, its lease runs out on the owner's clock, and the value is written.</summary>
    private static void CommitUnheard(Scene scene)
    {
        InvalidationSession session = scene.Schedule();
        scene.LoseAll();
        scene.Advance(1.2);
        scene.PumpOwner();
        Assert.True(scene.TryWriteAndCommit(session));
    }
}
