// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Callbacks run under no lock: they may do anything to any timeline, their own included.</summary>
public class CallbackReentrancyTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact]
    public void A_callback_may_add_remove_and_signal_on_its_own_timeline()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        Fence third = _timeline.Issue();
        RecordingCallback removed = new();
        RecordingCallback added = new();
        second.TryAddCallback(removed);
        bool signaled = false;
        first.TryAddCallback(new RecordingCallback(() =>
        {
            Assert.Equal(FenceCallbackRemoval.Removed, second.TryRemoveCallback(removed));
            Assert.True(third.TryAddCallback(added));
            signaled = _timeline.Signal(third);
        }));

        _timeline.Signal(first);

        Assert.True(signaled);
        Assert.Equal((0, 1), (removed.Calls, added.Calls));
        Assert.Equal(3UL, _timeline.Completed);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void Another_thread_can_use_the_timeline_while_a_callback_runs()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        RecordingCallback other = new();
        first.TryAddCallback(new RecordingCallback(() => TestThread.Run(() =>
        {
            Assert.True(second.TryAddCallback(other));
            Assert.True(_timeline.Signal(second));
        })));

        _timeline.Signal(first);

        Assert.Equal(1, other.Calls);
    }

    [Fact]
    public void A_callback_may_wait_for_the_next_fence_from_inside_itself()
    {
        const int Steps = 100;
        int step = 0;
        RecordingCallback driver = null!;
        driver = new RecordingCallback(() =>
        {
            if (++step < Steps)
            {
                Assert.True(_timeline.Issue().TryAddCallback(driver));
            }
        });
        _timeline.Issue().TryAddCallback(driver);

        while (_timeline.Completed < _timeline.Issued)
        {
            _timeline.Signal(_timeline.Issued);
        }

        Assert.Equal(Steps, driver.Calls);
        Assert.Equal(FenceCallbackRemoval.Finished, _timeline.GetFence(Steps).TryRemoveCallback(driver));
    }

    [Fact]
    public void A_callback_that_adds_itself_again_does_not_cut_off_those_behind_it()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        RecordingCallback again = null!;
        again = new RecordingCallback(() => second.TryAddCallback(again));
        RecordingCallback[] behind = [new(), new()];
        RecordingCallback waiting = new();
        second.TryAddCallback(waiting);
        first.TryAddCallback(again);
        Array.ForEach(behind, callback => first.TryAddCallback(callback));

        _timeline.Signal(first);
        Assert.Equal([1, 1], behind.Select(callback => callback.Calls));
        _timeline.Signal(second);
        Assert.Equal((2, 1), (again.Calls, waiting.Calls));
    }

    [Fact]
    public void A_callback_that_adds_itself_again_in_a_round_inside_a_round_still_waits_when_both_have_ended()
    {
        _timeline.Issue(3);
        RecordingCallback callback = null!;
        callback = new RecordingCallback(() =>
        {
            if (callback.Calls == 1)
            {
                Assert.True(_timeline.GetFence(2).TryAddCallback(callback));
                _timeline.Signal(2); // runs it inside itself
            }
            else if (callback.Calls == 2)
            {
                Assert.True(_timeline.GetFence(3).TryAddCallback(callback));
            }
        });
        Assert.True(_timeline.GetFence(1).TryAddCallback(callback));

        _timeline.Signal(1);

        Assert.Throws<InvalidOperationException>(() => _timeline.GetFence(3).TryAddCallback(callback));
        Assert.Equal(FenceCallbackRemoval.Removed, _timeline.GetFence(3).TryRemoveCallback(callback));
        Assert.Equal(2, callback.Calls);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void A_callback_that_added_itself_elsewhere_can_be_removed_there_and_not_here()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        RecordingCallback callback = null!;
        callback = new RecordingCallback(() => second.TryAddCallback(callback));
        first.TryAddCallback(callback);

        _timeline.Signal(first);

        Assert.Equal(FenceCallbackRemoval.NotAdded, first.TryRemoveCallback(callback));
        Assert.Equal(FenceCallbackRemoval.Removed, second.TryRemoveCallback(callback));
        _timeline.Signal(second);
        Assert.Equal(1, callback.Calls);
    }

    [Fact]
    public void A_callback_that_is_refused_from_inside_itself_can_be_removed_and_added_as_before()
    {
        Fence fence = _timeline.Issue();
        bool refused = false;
        RecordingCallback callback = null!;
        callback = new RecordingCallback(() => refused = !fence.TryAddCallback(callback));
        fence.TryAddCallback(callback);

        _timeline.Signal(fence);

        Assert.True(refused);
        Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(callback));
    }

    [Fact]
    public void A_callback_that_hops_to_another_timeline_while_it_is_being_removed_disturbs_neither_list()
    {
        // The canceler looks for the node on the first timeline while the node enters the second: it must not unlink it there.
        const ulong Rounds = 1_000_000;
        using FenceTimeline second = new("second");
        RecordingCallback bystander = new();
        _timeline.Issue(Rounds);
        second.Issue(Rounds);
        Fence never = _timeline.Issue();
        never.TryAddCallback(bystander);
        ulong round = 0;
        int finished = 0;
        RecordingCallback hopper = null!;
        hopper = new RecordingCallback(() =>
        {
            // Called on the first timeline, it goes on to the second; called on the second, it is done.
            if (second.Completed < Volatile.Read(ref round))
            {
                Assert.True(second.GetFence(round).TryAddCallback(hopper));
            }
            else
            {
                finished++;
            }
        });

        bool done = false;
        int removed = 0;
        TestThread canceler = TestThread.Start(() =>
        {
            while (!Volatile.Read(ref done))
            {
                ulong now = Volatile.Read(ref round);
                if (now > 0 && _timeline.GetFence(now).TryRemoveCallback(hopper) == FenceCallbackRemoval.Removed)
                {
                    removed++;
                }
            }
        });
        for (ulong point = 1; point <= Rounds; point++)
        {
            Volatile.Write(ref round, point);
            Assert.True(_timeline.GetFence(point).TryAddCallback(hopper));
            _timeline.Signal(point);
            second.Signal(point);
        }

        Volatile.Write(ref done, true);
        canceler.Join();
        Assert.True(_timeline.IsWaitedFor(), "The bystander was lost from the list.");
        Assert.Equal(FenceCallbackRemoval.Removed, never.TryRemoveCallback(bystander));
        Assert.Equal((int)Rounds, finished + removed);
        TimelineProbe.AssertQuiet(_timeline);
        TimelineProbe.AssertQuiet(second);
    }
}
