// SPDX-License-Identifier: MIT
using System.Numerics;

namespace FenceKit.Tests.Fences;

/// <summary>
/// What coming, leaving and signals go through grows with the logarithm of those who wait, whatever their order: the ways down are short, and the ways up end early. Shown by
/// the shape, and by marks that nobody may touch, not by a clock.
/// </summary>
public class WaiterHeapTests
{
    private const int Many = 2_000;
    private const byte Mark = 200; // no rank is that high

    public enum Coming
    {
        Rising,
        Falling,
        Random,
        Equal,
        FromBothEnds,
        TwoRisingByTurns,
        SawTeeth,
    }

    public static TheoryData<Coming> Comings => [.. Enum.GetValues<Coming>()];

    [Theory]
    [MemberData(nameof(Comings))]
    public void Ways_are_short_whatever_the_order_in_which_they_come(Coming coming)
    {
        Crowd crowd = new(PointsOf(coming));
        for (int who = 0; who < Many; who++)
        {
            crowd.Add(who);
            if (who % 97 == 0)
            {
                crowd.Check();
            }
        }

        crowd.Check();
        for (int turn = 0; turn < Many; turn++) // out of the middle, and back again or not
        {
            int who = (Many / 2) + ((turn % 2 == 0 ? turn : -turn) / 3);
            crowd.Remove(who);
            if (turn % 3 != 0)
            {
                crowd.Add(who);
            }

            if (turn % 97 == 0)
            {
                crowd.Check();
            }
        }

        for (ulong point = Many / 7; point < Many; point += Many / 7)
        {
            crowd.Signal(point);
            crowd.Check();
        }

        crowd.Signal(Many);
        crowd.Add(0);
        crowd.Check(); // nothing of those before is left
    }

    [Fact]
    public void Who_comes_behind_many_who_came_in_the_reverse_order_does_not_go_past_them()
    {
        int[] points = [.. Enumerable.Range(1, Many).Reverse()];
        points[^1] = Many - 1; // all but the highest are before this one
        Crowd crowd = new(points);
        for (int who = 0; who < Many; who++)
        {
            crowd.Add(who);
        }

        Assert.True(crowd.HeightOf(Many - 1) <= 2);
        crowd.Check();
        crowd.Signal(Many);
    }

    [Fact]
    public void Who_waits_for_one_point_runs_in_the_order_of_coming_though_the_numbers_of_that_order_come_round()
    {
        FenceTimeline timeline = new("many");
        timeline.Issue(9);
        List<int> ran = [];
        FenceCallback[] callbacks = [.. Enumerable.Range(0, 40).Select(who => new RecordingCallback(() => ran.Add(who)))];
        callbacks[0].Order = int.MaxValue - 10;
        for (int who = 0; who < callbacks.Length; who++)
        {
            Assert.True(timeline.GetFence((ulong)(9 - (who % 3))).TryAddCallback(callbacks[who]));
        }

        Assert.True(callbacks[^1].Order < 0);
        timeline.Signal(9);
        Assert.Equal(Enumerable.Range(0, callbacks.Length).OrderBy(static who => 9 - (who % 3)), ran);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_is_alone_again_is_taken_by_itself(bool isSignaled)
    {
        FenceCallback[] nodes = [.. Enumerable.Range(1, 4).Select(static point => new RecordingCallback(static () => { }) { Target = (ulong)point })];
        WaiterHeap heap = default;
        foreach (FenceCallback node in (FenceCallback[])[nodes[1], nodes[3], nodes[0], nodes[2]])
        {
            heap.Add(node);
            Assert.Equal(ReferenceEquals(node, nodes[1]), heap.TryTakeOnly(9, out _));
            if (ReferenceEquals(node, nodes[1]))
            {
                heap.Add(node);
            }
        }

        if (isSignaled)
        {
            heap.TakeUpTo(3);
        }
        else
        {
            heap.Remove(nodes[1]);
            heap.Remove(nodes[0]);
            heap.Remove(nodes[2]);
        }

        Assert.False(heap.TryTakeOnly(3, out _));
        Assert.True(heap.TryTakeOnly(4, out FenceCallback? only));
        Assert.Same(nodes[3], only);
        Assert.True(heap.IsEmpty);
    }

    private static int[] PointsOf(Coming coming)
    {
        int[] points = [.. Enumerable.Range(1, Many)];
        switch (coming)
        {
            case Coming.Falling:
                Array.Reverse(points);
                break;
            case Coming.Random:
                new Random(1).Shuffle(points);
                break;
            case Coming.Equal:
                Array.Fill(points, Many);
                break;
            case Coming.FromBothEnds:
                points = [.. points.Select(static at => at % 2 == 0 ? at / 2 : Many - (at / 2))];
                break;
            case Coming.TwoRisingByTurns:
                points = [.. points.Select(static at => (at % 2 == 0 ? 0 : Many / 2) + (at / 2) + 1)];
                break;
            case Coming.SawTeeth:
                points = [.. points.Select(static at => 1 + (at * 37 % Many))];
                break;
        }

        return points;
    }

    private sealed class Crowd
    {
        private readonly int[] _points;
        private readonly FenceCallback[] _callbacks;
        private readonly List<int> _waiting = []; // in the order of coming
        private readonly int _mostSteps = BitOperations.Log2(Many) + 1;
        private WaiterHeap _heap;

        internal Crowd(int[] points)
        {
            _points = points;
            _callbacks = [.. points.Select(static point => new RecordingCallback(static () => { }) { Target = (ulong)point })];
        }

        internal void Add(int who)
        {
            _heap.Add(_callbacks[who]);
            _waiting.Add(who);
        }

        /// <summary>Nothing that is further up than a logarithm is touched: it is marked, and the marks stay.</summary>
        internal void Remove(int who)
        {
            if (!_waiting.Remove(who))
            {
                return;
            }

            List<(FenceCallback Node, byte Next, byte Second)> marked = [];
            int height = 0;
            for (FenceCallback? above = _callbacks[who].Previous; above is not null; above = above.Previous)
            {
                if (++height > _mostSteps)
                {
                    marked.Add((above, above.NextRank, above.SecondRank));
                    (above.NextRank, above.SecondRank) = (Mark, Mark);
                }
            }

            _heap.Remove(_callbacks[who]);
            foreach ((FenceCallback node, byte next, byte second) in marked)
            {
                Assert.Equal((Mark, Mark), (node.NextRank, node.SecondRank));
                (node.NextRank, node.SecondRank) = (next, second);
            }
        }

        internal void Signal(ulong point)
        {
            int[] expected = [.. _waiting.Where(who => _points[who] <= (int)point).OrderBy(who => _points[who])];
            _waiting.RemoveAll(who => _points[who] <= (int)point);
            List<int> taken = [];
            for (FenceCallback? node = _heap.TakeUpTo(point); node is not null;)
            {
                taken.Add(Array.IndexOf(_callbacks, node));
                FenceCallback? next = node.Next;
                node.Next = null;
                node.Previous = null;
                Assert.True(node is { SecondNext: null, NextRank: 0, SecondRank: 0 });
                node = next;
            }

            Assert.Equal(expected, taken);
        }

        internal int HeightOf(int who)
        {
            int height = 0;
            for (FenceCallback? above = _callbacks[who].Previous; above is not null; above = above.Previous)
            {
                height++;
            }

            return height;
        }

        /// <summary>Nobody is before the one above, ranks are what they say, and no way along the second branches is longer than a logarithm.</summary>
        internal void Check()
        {
            Assert.Single(_waiting, who => _callbacks[who].Previous is null);
            foreach (int who in _waiting)
            {
                FenceCallback node = _callbacks[who];
                Assert.Equal((StepsFrom(node.Next), StepsFrom(node.SecondNext)), (node.NextRank, node.SecondRank));
                Assert.True(node.NextRank >= node.SecondRank && node.SecondRank <= BitOperations.Log2((uint)_waiting.Count));
                Assert.All((FenceCallback?[])[node.Next, node.SecondNext], below => Assert.True(
                    below is null || (ReferenceEquals(below.Previous, node) && below.Target >= node.Target)));
            }
        }

        private static int StepsFrom(FenceCallback? node)
        {
            int steps = 0;
            for (; node is not null; node = node.SecondNext)
            {
                steps++;
            }

            return steps;
        }
    }
}
