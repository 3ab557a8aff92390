// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>Taking callbacks back: four answers, and nothing left behind.</summary>
public class CallbackRemovalTests
{
    private readonly FenceTimeline _timeline = new("device");

    [Fact] // Kernel scenario 5, rm_callback.
    public void A_removed_callback_is_not_called()
    {
        Fence fence = _timeline.Issue();
        RecordingCallback callback = new();
        fence.TryAddCallback(callback);

        Assert.Equal(FenceCallbackRemoval.Removed, fence.TryRemoveCallback(callback));
        TimelineProbe.AssertQuiet(_timeline);
        _timeline.Signal(fence);
        Assert.Equal(0, callback.Calls);
    }

    [Fact] // Kernel scenario 6, late_rm_callback.
    public void Removing_a_callback_that_has_run_answers_finished()
    {
        Fence fence = _timeline.Issue();
        RecordingCallback callback = new();
        fence.TryAddCallback(callback);
        _timeline.Signal(fence);

        Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(callback));
        Assert.Equal(1, callback.Calls);
    }

    [Fact]
    public void Removing_what_does_not_wait_for_this_fence_answers_not_added_and_changes_nothing()
    {
        Fence fence = _timeline.Issue();
        Fence next = _timeline.Issue();
        using FenceTimeline other = new("other");
        RecordingCallback callback = new();

        Assert.Equal(FenceCallbackRemoval.NotAdded, fence.TryRemoveCallback(callback));
        Assert.Equal(FenceCallbackRemoval.NotAdded, default(Fence).TryRemoveCallback(callback));
        fence.TryAddCallback(callback);
        Assert.Equal(FenceCallbackRemoval.NotAdded, next.TryRemoveCallback(callback));
        Assert.Equal(FenceCallbackRemoval.NotAdded, other.Issue().TryRemoveCallback(callback));
        Assert.Equal(FenceCallbackRemoval.NotAdded, default(Fence).TryRemoveCallback(callback));
        Assert.Equal(FenceCallbackRemoval.Removed, fence.TryRemoveCallback(callback));
        Assert.Equal(FenceCallbackRemoval.NotAdded, fence.TryRemoveCallback(callback));
    }

    [Fact]
    public void Removing_a_running_callback_or_one_that_stands_behind_it_answers_running_and_does_not_wait()
    {
        Fence fence = _timeline.Issue();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        RecordingCallback running = new(() =>
        {
            entered.Set();
            Limit.On(leave);
        });
        RecordingCallback behind = new();
        fence.TryAddCallback(running);
        fence.TryAddCallback(behind);

        TestThread signaler = TestThread.Start(() => _timeline.Signal(fence));
        Limit.On(entered);
        Assert.Equal(FenceCallbackRemoval.Running, fence.TryRemoveCallback(running));
        Assert.Equal(FenceCallbackRemoval.Running, fence.TryRemoveCallback(behind));
        Assert.Throws<InvalidOperationException>(() => _timeline.Issue().TryAddCallback(behind));
        leave.Set();
        signaler.Join();

        Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(running));
        Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(behind));
        Assert.Equal((1, 1), (running.Calls, behind.Calls));
    }

    [Fact]
    public void A_callback_may_ask_to_be_removed_from_inside_itself_and_is_told_that_it_runs()
    {
        Fence fence = _timeline.Issue();
        FenceCallbackRemoval? answer = null;
        RecordingCallback callback = null!;
        callback = new RecordingCallback(() => answer = fence.TryRemoveCallback(callback));
        fence.TryAddCallback(callback);

        _timeline.Signal(fence);

        Assert.Equal(FenceCallbackRemoval.Running, answer);
        Assert.Equal(FenceCallbackRemoval.Finished, fence.TryRemoveCallback(callback));
    }

    [Fact]
    public void A_removed_callback_can_wait_for_another_fence_at_once()
    {
        Fence fence = _timeline.Issue();
        using FenceTimeline other = new("other");
        RecordingCallback callback = new();
        fence.TryAddCallback(callback);
        fence.TryRemoveCallback(callback);

        Assert.True(other.Issue().TryAddCallback(callback));
        _timeline.Signal(fence);
        Assert.Equal(0, callback.Calls);
        other.Signal(1);
        Assert.Equal(1, callback.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void Removing_the_first_a_middle_or_the_last_callback_leaves_the_others_in_order(int removed)
    {
        Fence fence = _timeline.Issue();
        List<int> ran = [];
        RecordingCallback[] callbacks = [.. Enumerable.Range(0, 5).Select(i => new RecordingCallback(() => ran.Add(i)))];
        foreach (RecordingCallback callback in callbacks)
        {
            fence.TryAddCallback(callback);
        }

        Assert.Equal(FenceCallbackRemoval.Removed, fence.TryRemoveCallback(callbacks[removed]));
        fence.TryAddCallback(new RecordingCallback(() => ran.Add(5)));
        _timeline.Signal(fence);
        Assert.Equal(Enumerable.Range(0, 6).Where(i => i != removed), ran);
    }

    [Fact]
    public void Nothing_of_a_removed_or_finished_callback_stays_alive_with_the_timeline()
    {
        WeakReference[] nodes = AddAndLeave();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.All(nodes, node => Assert.False(node.IsAlive));
        GC.KeepAlive(_timeline);
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("moved")]
    [InlineData("followed")]
    [InlineData("disposed")]
    public void A_callback_that_came_again_stays_alive_with_the_timeline_only_until_it_leaves(string end)
    {
        using FenceTimeline elsewhere = new("elsewhere");
        WeakReference node = AddAgainAndLeave(end, elsewhere);

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(node.IsAlive);
        GC.KeepAlive(_timeline);
        GC.KeepAlive(elsewhere);
    }

    [Fact]
    public void After_a_storm_of_100000_adds_each_was_either_removed_or_called_and_nothing_is_left()
    {
        const int Each = 50_000;
        _timeline.Issue(Each);
        int totalRemoved = 0;
        int totalCalls = 0;

        void Storm()
        {
            RecordingCallback callback = new();
            int accepted = 0;
            int removed = 0;
            for (ulong point = 1; point <= Each; point++)
            {
                Fence fence = _timeline.GetFence(point);
                if (!fence.TryAddCallback(callback))
                {
                    continue;
                }

                accepted++;
                if (point % 4 == 0)
                {
                    _timeline.Signal(fence);
                }

                FenceCallbackRemoval answer = fence.TryRemoveCallback(callback);
                if (answer == FenceCallbackRemoval.Removed)
                {
                    removed++;
                }
                else if (answer == FenceCallbackRemoval.Running)
                {
                    Limit.Until(() => fence.TryRemoveCallback(callback) == FenceCallbackRemoval.Finished, "The end of a callback");
                }
            }

            Assert.Equal(accepted, removed + callback.Calls);
            Interlocked.Add(ref totalRemoved, removed);
            Interlocked.Add(ref totalCalls, callback.Calls);
        }

        TestThread.RunTogether(Storm, Storm);

        // Of one thread alone this is not sure: the other may be ahead of it all the way, and leave it nothing to wait for.
        Assert.True(totalRemoved > 0 && totalCalls > 0, "Both ends of a wait were seen.");
        TimelineProbe.AssertQuiet(_timeline);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference AddAgainAndLeave(string end, FenceTimeline elsewhere)
    {
        RecordingCallback callback = new();
        AddAndSignal(callback, times: 3);
        if (end == "removed")
        {
            Fence fence = _timeline.Issue();
            Assert.True(fence.TryAddCallback(callback));
            Assert.Equal(FenceCallbackRemoval.Removed, fence.TryRemoveCallback(callback));
        }
        else if (end == "moved")
        {
            Fence fence = elsewhere.Issue();
            Assert.True(fence.TryAddCallback(callback));
            elsewhere.Signal(fence);
        }
        else if (end == "followed")
        {
            AddAndSignal(new RecordingCallback(), times: 3);
        }
        else
        {
            _timeline.Dispose();
        }

        return new WeakReference(callback);
    }

    private void AddAndSignal(RecordingCallback callback, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Fence fence = _timeline.Issue();
            Assert.True(fence.TryAddCallback(callback));
            _timeline.Signal(fence);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference[] AddAndLeave()
    {
        Fence first = _timeline.Issue();
        Fence second = _timeline.Issue();
        RecordingCallback[] callbacks = [.. Enumerable.Range(0, 100).Select(_ => new RecordingCallback())];
        for (int i = 0; i < callbacks.Length; i++)
        {
            (i % 2 == 0 ? first : second).TryAddCallback(callbacks[i]);
        }

        _timeline.Signal(first);
        Assert.All(callbacks, callback => Assert.NotEqual(FenceCallbackRemoval.NotAdded, (callback.Calls == 1 ? first : second).TryRemoveCallback(callback)));
        return [.. callbacks.Select(callback => new WeakReference(callback))];
    }
}
