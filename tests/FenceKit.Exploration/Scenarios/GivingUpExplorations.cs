using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>A point that is given up fails alone, whoever signals what beside it; and nobody ever sees it end otherwise.</summary>
public class GivingUpExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Fact]
    public void Beside_a_signal_that_passes_over_it() =>
        Verify(
            Scenario.Of("give up 2 of 3 against signal 3", () => new Device(waiters: true))
                .Thread("gives up", state => state.GiveUp(2))
                .Thread("signaler", state => state.Timeline.Signal(3))
                .Thread("reader", state =>
                {
                    state.Look();
                    state.Look();
                })
                .AtEnd(state => state.Check()),
            preemptions: 2);

    [Fact]
    public void Beside_a_signal_that_passes_over_it_where_stores_are_late() =>
        Verify(
            Scenario.Of("give up 2 of 3 against signal 3, look", () => new Device(waiters: false))
                .Thread("gives up", state => state.GiveUp(2))
                .Thread("signaler", state =>
                {
                    state.Timeline.Signal(3);
                    state.Look();
                })
                .AtEnd(state => state.Check()),
            preemptions: 1,
            MemoryModel.TotalStoreOrder);

    [Fact]
    public void Beside_signals_in_order() =>
        Verify(
            Scenario.Of("give up 2 of 3 against signal 1, signal 3", () => new Device(waiters: true))
                .Thread("gives up", state => state.GiveUp(2))
                .Thread("signaler", state =>
                {
                    state.Timeline.Signal(1);
                    state.Timeline.Signal(3);
                })
                .Thread("reader", state =>
                {
                    state.Look();
                    state.Look();
                })
                .AtEnd(state => state.Check()),
            preemptions: 2);

    [Fact]
    public void Beside_two_signalers_of_which_one_is_ahead() =>
        Verify(
            Scenario.Of("give up 2 of 3 against signal 1 against signal 3", () => new Device(waiters: false))
                .Thread("gives up", state => state.GiveUp(2))
                .Thread("signaler", state => state.Timeline.Signal(1))
                .Thread("other signaler", state =>
                {
                    state.Timeline.Signal(3);
                    state.Look();
                })
                .AtEnd(state => state.Check()),
            preemptions: 2);

    [Fact]
    public void Beside_a_waiter_that_comes_late() =>
        Verify(
            Scenario.Of("given up 2 of 3; signal 1, signal 3 against a waiter for 2", () => new Device(waiters: false, givenUp: true))
                .Thread("signaler", state =>
                {
                    state.Timeline.Signal(1);
                    state.Timeline.Signal(3);
                })
                .Thread("waiter", state =>
                {
                    state.WaitFor(2);
                    state.Look();
                    state.Look();
                })
                .AtEnd(state => state.Check()),
            preemptions: 3);

    [Fact]
    public void Neighbours_by_two_threads() =>
        Verify(
            Scenario.Of("give up 2 against give up 3 against signal 1", () => new Device(waiters: true))
                .Thread("gives up", state => state.GiveUp(2))
                .Thread("gives up, too", state => state.GiveUp(3))
                .Thread("signaler", state =>
                {
                    state.Timeline.Signal(1);
                    state.Look();
                })
                .AtEnd(state =>
                {
                    state.Check();
                    Assert.Equal(3UL, state.Timeline.Completed);
                }),
            preemptions: 2);

    private sealed class Device
    {
        private readonly Exception[] _errors = [.. Enumerable.Range(0, 4).Select(i => new InvalidOperationException($"{i}"))];
        private readonly bool[] _isGivenUp = new bool[4];
        private readonly FenceStatus[] _seen = new FenceStatus[4];
        private readonly CountingCallback?[] _waiters = new CountingCallback?[4];

        public Device(bool waiters, bool givenUp = false)
        {
            Timeline.Issue(3);
            for (ulong point = 1; waiters && point <= 3; point++)
            {
                WaitFor(point);
            }

            if (givenUp)
            {
                GiveUp(2);
            }
        }

        public FenceTimeline Timeline { get; } = new("device");

        public void GiveUp(ulong point) => _isGivenUp[point] = Timeline.TryGiveUp(Timeline.GetFence(point), _errors[point]);

        public void WaitFor(ulong point)
        {
            CountingCallback waiter = new();
            if (Timeline.GetFence(point).TryAddCallback(waiter))
            {
                _waiters[point] = waiter;
            }
        }

        /// <summary>No outcome changes once it was seen.</summary>
        public void Look()
        {
            for (ulong point = 1; point <= 3; point++)
            {
                FenceStatus status = Timeline.GetFence(point).Status;
                Assert.True(_seen[point] == FenceStatus.Pending || _seen[point] == status, $"{point} was {_seen[point]} and is {status}");
                _seen[point] = status;
            }
        }

        public void Check()
        {
            for (ulong point = 1; point <= 3; point++)
            {
                FenceStatus expected = point > Timeline.Completed ? FenceStatus.Pending
                    : _isGivenUp[point] ? FenceStatus.Faulted
                    : FenceStatus.Signaled;
                Fence fence = Timeline.GetFence(point);
                Assert.Equal(expected, fence.GetStatus(out Exception? error));
                Assert.Same(_isGivenUp[point] && expected == FenceStatus.Faulted ? _errors[point] : null, error);
                if (_waiters[point] is { } waiter && expected != FenceStatus.Pending)
                {
                    Assert.True(waiter.Runs == 1 && waiter.Status == expected, $"{point}: called {waiter.Runs} times, last with {waiter.Status}");
                }
            }
        }
    }
}
