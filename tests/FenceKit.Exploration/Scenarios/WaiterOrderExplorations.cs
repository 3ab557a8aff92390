using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Those who wait for low points come behind many who wait for high ones: they stand in the tree, not in the list.</summary>
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

    [Fact]
    public void Who_leaves_the_list_as_the_tree_fills_it_again_leaves_nobody_behind() =>
        Verify(
            Scenario.Of("signal almost all against add a low point against remove the last", () => new Crowd())
                .Thread("adder", state => state.Add(0, point: Crowd.First + 1))
                .Thread("remover", state => state.RemoveLast())
                .Thread("signaler", state => state.Timeline.Signal(Crowd.Last - 1))
                .AtEnd(state => state.Check()),
            preemptions: 2);

    private sealed class Crowd
    {
        internal const ulong First = 5;
        internal const ulong Last = 16; // more than anybody walks along

        private readonly Dictionary<ulong, CountingCallback> _crowd = [];
        private readonly CountingCallback[] _late = [new(), new()];
        private readonly ulong[] _points = new ulong[2]; // of those that wait or have run; 0 for none
        private bool _lastIsGone;

        public Crowd()
        {
            Timeline.Issue(Last);
            for (ulong point = First; point <= Last; point++)
            {
                Assert.True(Timeline.GetFence(point).TryAddCallback(_crowd[point] = new CountingCallback()));
            }

            // One who stands in the tree already.
            Assert.True(Timeline.GetFence(First + 1).TryAddCallback(new CountingCallback()));
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

        public void RemoveLast() => _lastIsGone = Timeline.GetFence(Last).TryRemoveCallback(_crowd[Last]) == FenceCallbackRemoval.Removed;

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

            foreach ((ulong point, CountingCallback callback) in _crowd)
            {
                int expected = point <= completed && !(point == Last && _lastIsGone) ? 1 : 0;
                Assert.True(callback.Runs == expected, $"the one of point {point} ran {callback.Runs} times");
            }
        }
    }
}
