// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>What the kernel tests on chains, on timelines: a chain is a timeline.</summary>
public class TimelineOrderTests
{
    private readonly FenceTimeline _timeline = new("chain");

    [Fact] // Kernel scenario 19, signal_forward.
    public void Signaling_in_order_completes_each_point_and_not_the_next()
    {
        _timeline.Issue(64);

        for (ulong point = 1; point < 64; point++)
        {
            Assert.True(_timeline.Signal(point));
            Assert.True(_timeline.GetFence(point).IsSignaled);
            Assert.False(_timeline.GetFence(point + 1).IsSignaled);
        }
    }

    [Fact] // Kernel scenario 20, signal_backward: on a timeline the last point stands for all before it.
    public void Signaling_backwards_completes_everything_with_the_first_call_and_moves_nothing_after_it()
    {
        _timeline.Issue(64);

        Assert.True(_timeline.Signal(64));
        for (ulong point = 63; point > 0; point--)
        {
            Assert.True(_timeline.GetFence(point).IsSignaled);
            Assert.False(_timeline.Signal(point));
            Assert.Equal(64UL, _timeline.Completed);
        }
    }

    [Fact]
    public void A_signal_of_an_earlier_point_moves_nothing_back_while_a_callback_waits_for_a_later_one()
    {
        RecordingCallback last = new();
        _timeline.Issue(3);
        Assert.True(_timeline.GetFence(3).TryAddCallback(last));

        Assert.True(_timeline.Signal(2));
        Assert.False(_timeline.Signal(1));
        Assert.False(_timeline.Signal(2));

        Assert.Equal(2UL, _timeline.Completed);
        Assert.Equal(0, last.Calls);
        Assert.True(_timeline.Signal(3));
        Assert.Equal(1, last.Calls);
    }

    public static TheoryData<string> Orders => ["forward", "backward", "random"];

    [Theory] // Kernel scenarios 21 to 23, wait_forward, wait_backward and wait_random.
    [MemberData(nameof(Orders))]
    public void A_thread_that_waits_for_the_last_of_4096_points_returns_in_whatever_order_they_are_signaled(string order)
    {
        const int Points = 4096;
        _timeline.Issue(Points);
        ulong[] points = [.. Enumerable.Range(1, Points).Select(point => (ulong)point)];
        if (order == "backward")
        {
            Array.Reverse(points);
        }
        else if (order == "random")
        {
            new Random(21).Shuffle(points);
        }

        FenceStatus status = FenceStatus.Pending;
        TestThread waiter = TestThread.Start(() => status = _timeline.GetFence(Points).Wait(Limit.Time));
        waiter.UntilBlocked();
        foreach (ulong point in points)
        {
            _timeline.Signal(point);
        }

        waiter.Join();
        Assert.Equal(FenceStatus.Signaled, status);
        TimelineProbe.AssertQuiet(_timeline);
    }

    [Fact]
    public void Of_many_threads_that_signal_the_same_point_exactly_one_moved_the_counter()
    {
        const int Rounds = 5_000;
        _timeline.Issue(Rounds);
        int moved = 0;

        void SignalAll()
        {
            for (ulong point = 1; point <= Rounds; point++)
            {
                if (_timeline.Signal(point))
                {
                    Interlocked.Increment(ref moved);
                }
            }
        }

        // Every thread goes through all points in order, so the counter reaches each point by a signal of that very point.
        TestThread.RunTogether(SignalAll, SignalAll, SignalAll);
        Assert.Equal(Rounds, moved);
        Assert.Equal((ulong)Rounds, _timeline.Completed);
    }

    [Fact]
    public void Points_issued_by_many_threads_never_repeat_and_leave_no_gap()
    {
        const int Each = 10_000;
        Fence[][] issued = [new Fence[Each], new Fence[Each], new Fence[Each]];

        TestThread.RunTogether([.. issued.Select(mine => (Action)(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                mine[i] = _timeline.Issue();
            }
        }))]);

        Assert.Equal(3 * Each, issued.SelectMany(mine => mine).Distinct().Count());
        Assert.Equal(3UL * Each, _timeline.Issued);
    }

    [Fact]
    public void Points_issued_in_blocks_by_many_threads_do_not_overlap()
    {
        const int Each = 5_000;
        ulong[][] lasts = [new ulong[Each], new ulong[Each]];

        TestThread.RunTogether([.. lasts.Select(mine => (Action)(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                mine[i] = _timeline.Issue(3).Point;
            }
        }))]);

        Assert.Equal(Enumerable.Range(1, 2 * Each).Select(block => 3UL * (ulong)block), lasts.SelectMany(mine => mine).Order());
    }
}
