using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Those who wait for low points come behind many who wait for high ones: their heap is no list, it has second branches.</summary>
public class WaiterOrderExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void Who_comes_to_a_low_point_hears_of_the_signal_that_it_meets(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add a low point behind many against signal", () => new Crowd())
                .Thread("adder", state => state.Add(0, point: 3))
                .Thread("signaler", state => state.Timeline.Signal(3))
                .AtEnd(state => state.Check()),
            preemptions,
            memory);

    [Fact]
    public void Two_who_come_to_the_same_low_point_run_in_their_order_or_are_removed() =>
        Verify(
            Scenario.Of("add, add against add, remove against signal", () => new Crowd())
                .Thread("adder", state => state.Add(0, point: 4))
                .Thread("other adder", state =>
                {
                    state.Add(1, point: 4);
                    state.Remove(1, point: 4);
                })
                .Thread("signaler", state => state.Timeline.Signal(4))
                .AtEnd(state => state.Check()),
            preemptions: 2);

    /// <summary>It has come down to the two lowest points, and one who came late.</summary>
    [Fact]
    public void Who_waits_in_a_second_branch_is_not_left_behind_when_the_first_is_over() =>
        Verify(
            Scenario.Of("signal the first against remove the second against add", () => new Crowd(isThinned: true))
                .Thread("signaler", state => state.Timeline.Signal(Crowd.First))
                .Thread("remover", state => state.RemoveSecond())
                .Thread("adder", state => state.Add(0, point: Crowd.First + 3))
                .AtEnd(state => state.Check()),
            preemptions: 2);

    private sealed class Crowd
    {
        internal const ulong First = 5;
        internal const ulong Last = 16;

        private readonly Dictionary<ulong, CountingCallback> _crowd = [];
        private readonly CountingCallback _latecomer = new();
        private readonly CountingCallback[] _late = [new(), new()];
        private readonly ulong[] _points = new ulong[2]; // of those that wait or have run; 0 for none
        private bool _secondIsGone;

        public Crowd(bool isThinned = false)
        {
            Timeline.Issue(Last);
            for (ulong point = First; point <= Last; point++)
            {
                Assert.True(Timeline.GetFence(point).TryAddCallback(_crowd[point] = new CountingCallback()));
            }

            // One who stands in a second branch already.
            Assert.True(Timeline.GetFence(First + 2).TryAddCallback(_latecomer));
            for (ulong point = First + 2; isThinned && point <= Last; point++)
            {
                Assert.Equal(FenceCallbackRemoval.Removed, Timeline.GetFence(point).TryRemoveCallback(_crowd[point]));
                _crowd.Remove(point);
            }
        }

        public FenceTimeline Timeline { get; } = new("device");

        public void Add(int who, ulong point) => _points[who] = Timeline.GetFence(point).TryAddCallback(_late[who]) ? point : 0;

        public void Remove(int who, ulong point)
        {
            if (_points[who] != 0 && Timeline.GetFence(point).TryRemoveCallback(_late[who]) == FenceCallbackRemoval.Removed)
            {
                _points[who] = 0;
            }
        }

        public void RemoveSecond() =>
            _secondIsGone = Timeline.GetFence(First + 1).TryRemoveCallback(_crowd[First + 1]) == FenceCallbackRemoval.Removed;

        public void Check()
        {
            CheckRuns(Timeline.Completed);
            Timeline.Signal(Last);
            CheckRuns(Last);
        }

        private void CheckRuns(ulong completed)
        {
            for (int who = 0; who < _late.Length; who++)
            {
                int expected = _points[who] != 0 && _points[who] <= completed ? 1 : 0;
                Assert.True(_late[who].Runs == expected, $"the late one {who} ran {_late[who].Runs} times");
            }

            Assert.True(_latecomer.Runs == (First + 2 <= completed ? 1 : 0), $"the latecomer ran {_latecomer.Runs} times");
            foreach ((ulong point, CountingCallback callback) in _crowd)
            {
                int expected = point <= completed && !(point == First + 1 && _secondIsGone) ? 1 : 0;
                Assert.True(callback.Runs == expected, $"the one of point {point} ran {callback.Runs} times");
            }
        }
    }
}
