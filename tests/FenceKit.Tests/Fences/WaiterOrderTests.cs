// SPDX-License-Identifier: MIT
using CsCheck;
using FenceKit.Diagnostics;

namespace FenceKit.Tests.Fences;

/// <summary>Whatever the order in which callbacks come and go, they run in the order of their points, and within a point first come, first served.</summary>
public class WaiterOrderTests
{
    private const int Points = 60;

    // Many wait at a time, or there would be no second branches; and they go down to few again.
    private static readonly Gen<Act> s_act = Gen.Frequency(
        (20, Gen.Const(Act.Add)), (6, Gen.Const(Act.Remove)), (1, Gen.Const(Act.RemoveMost)), (1, Gen.Const(Act.Signal)), (1, Gen.Const(Act.Fault)), (1, Gen.Const(Act.Dump)));

    private enum Act
    {
        Add,
        Remove,
        RemoveMost,
        Signal,
        Fault,
        Dump,
    }

    [Fact]
    public void Random_adds_removals_and_signals_agree_with_a_sorted_list() =>
        Gen.Select(s_act, Gen.Int[1, Points], Gen.Int[0, 299])
            .List[0, 300]
            .Sample(Agrees, iter: 3_000, threads: 1);

    [Fact]
    public void Many_come_in_random_order_and_leave_in_random_order() =>
        Gen.Shuffle(Enumerable.Range(1, 2_000).ToArray()).Select(Gen.Shuffle(Enumerable.Range(1, 2_000).ToArray())).Sample(
            orders =>
            {
                (int[] coming, int[] going) = orders;
                FenceTimeline timeline = new("many");
                timeline.Issue((ulong)coming.Length);
                List<int> ran = [];
                FenceCallback[] callbacks = [.. Enumerable.Range(0, coming.Length + 1).Select(point => new RecordingCallback(() => ran.Add(point)))];
                Assert.All(coming, point => Assert.True(timeline.GetFence((ulong)point).TryAddCallback(callbacks[point])));
                int[] removed = going[..(going.Length / 2)];
                Assert.All(removed, point => Assert.Equal(
                    FenceCallbackRemoval.Removed, timeline.GetFence((ulong)point).TryRemoveCallback(callbacks[point])));

                timeline.Signal((ulong)coming.Length / 3);
                timeline.Signal((ulong)coming.Length);

                Assert.Equal(going[removed.Length..].Order(), ran);
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void Who_came_behind_many_of_later_points_runs_though_all_of_them_have_gone()
    {
        FenceTimeline timeline = new("many");
        timeline.Issue(20);
        RecordingCallback[] crowd = [.. Enumerable.Range(0, 16).Select(static _ => new RecordingCallback(static () => { }))];
        for (int point = 1; point <= crowd.Length; point++)
        {
            Assert.True(timeline.GetFence((ulong)point).TryAddCallback(crowd[point - 1]));
        }

        RecordingCallback late = new(static () => { });
        Assert.True(timeline.GetFence(3).TryAddCallback(late));
        for (int point = 3; point <= crowd.Length; point++)
        {
            Assert.Equal(FenceCallbackRemoval.Removed, timeline.GetFence((ulong)point).TryRemoveCallback(crowd[point - 1]));
        }

        timeline.Signal(2);
        Assert.Equal((1, 1, 0), (crowd[0].Calls, crowd[1].Calls, late.Calls));
        timeline.Signal(3);
        Assert.Equal(1, late.Calls);
    }

    [Fact]
    public void Among_many_that_came_in_random_order_each_can_be_added_again_and_again_for_nothing()
    {
        FenceTimeline timeline = new("many");
        timeline.Issue(10_000);
        Random random = new(1);
        (ulong Point, RecordingCallback Callback)[] waiters = [.. Enumerable.Range(0, 5_000).Select(
            _ => ((ulong)random.Next(5_001, 10_000), new RecordingCallback(static () => { })))];
        Assert.All(waiters, waiter => Assert.True(timeline.GetFence(waiter.Point).TryAddCallback(waiter.Callback)));
        int turn = 0;

        Assert.Equal(0, Allocation.Of(() =>
        {
            (ulong point, RecordingCallback callback) = waiters[turn++ % waiters.Length];
            timeline.GetFence(point).TryRemoveCallback(callback);
            timeline.GetFence(point).TryAddCallback(callback);
        }));

        timeline.Signal(10_000);
        Assert.All(waiters, waiter => Assert.Equal(1, waiter.Callback.Calls));
    }

    private static bool Agrees(List<(Act Act, int Point, int Who)> acts)
    {
        FenceTimeline timeline = new("model");
        timeline.Issue(Points);
        List<(int Point, int Who)> model = []; // those who wait, in the order in which they came
        List<int> ran = [];
        List<int> expected = [];
        Dictionary<int, RecordingCallback> callbacks = [];
        int completed = 0;
        foreach ((Act act, int point, int who) in acts)
        {
            Fence fence = timeline.GetFence((ulong)point);
            switch (act)
            {
                case Act.Add when !model.Exists(waiting => waiting.Who == who):
                    RecordingCallback callback = callbacks.TryGetValue(who, out RecordingCallback? known)
                        ? known
                        : callbacks[who] = new RecordingCallback(() => ran.Add(who));
                    if (fence.TryAddCallback(callback) != (point > completed))
                    {
                        return false;
                    }

                    if (point > completed)
                    {
                        model.Add((point, who));
                    }

                    break;
                case Act.Remove or Act.RemoveMost:
                    for (int left = act == Act.Remove ? model.Count - 1 : who % 4; left >= 0 && model.Count > left;)
                    {
                        (int Point, int Who) leaver = model[who % model.Count];
                        model.Remove(leaver);
                        if (timeline.GetFence((ulong)leaver.Point).TryRemoveCallback(callbacks[leaver.Who]) != FenceCallbackRemoval.Removed)
                        {
                            return false;
                        }
                    }

                    break;
                case Act.Signal or Act.Fault when point > completed:
                    int upTo = Math.Min(point, completed + 8);
                    expected.AddRange(model.Where(waiting => waiting.Point <= upTo).OrderBy(static waiting => waiting.Point).Select(static waiting => waiting.Who));
                    model.RemoveAll(waiting => waiting.Point <= upTo);
                    completed = upTo;
                    _ = act == Act.Signal ? timeline.Signal((ulong)upTo) : timeline.Signal((ulong)upTo, new InvalidOperationException("fault"));
                    break;
                case Act.Dump:
                    if (!timeline.CopyWaiting().Select(static row => (int)TimelineState.PointOf(row.Target)).SequenceEqual(model.Select(static waiting => waiting.Point).Order()))
                    {
                        return false;
                    }

                    break;
            }
        }

        return ran.SequenceEqual(expected);
    }
}
