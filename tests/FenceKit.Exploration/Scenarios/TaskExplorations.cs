using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>The one task of a fence that two ask for while it completes: each of them hears the outcome, and the next fence has a task of its own.</summary>
public class TaskExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Fact]
    public void All_who_ask_while_the_fence_completes_hear_the_outcome() =>
        Verify(
            Scenario.Of("ask against ask against signal", () => new AskedFence(askers: 2))
                .Thread("asker", state => state.Ask(0))
                .Thread("other asker", state => state.Ask(1))
                .Thread("signaler", state => state.Fail())
                .PoolThread()
                .AtEnd(state => state.CheckHeard()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void Who_asks_while_the_fence_completes_hears_the_outcome(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("ask against signal", () => new AskedFence(askers: 1))
                .Thread("asker", state => state.Ask(0))
                .Thread("signaler", state => state.Fail())
                .PoolThread()
                .AtEnd(state => state.CheckHeard()),
            preemptions,
            memory);

    private sealed class AskedFence(int askers)
    {
        private readonly FenceTimeline _timeline = IssuedOne();
        private readonly Exception _error = new InvalidOperationException("lost");
        private readonly Task?[] _tasks = new Task?[askers];

        private static FenceTimeline IssuedOne()
        {
            FenceTimeline timeline = new("asked");
            timeline.Issue();
            return timeline;
        }

        public void Ask(int who) => _tasks[who] = _timeline.GetFence(1).AsTask();

        public void Fail() => _timeline.Signal(1, _error);

        public void CheckHeard()
        {
            Assert.All(_tasks, task => Assert.Same(_error, task!.Exception!.InnerException));
            Task next = _timeline.Issue().AsTask();
            Assert.False(next.IsCompleted);
            Assert.Same(next, _timeline.GetFence(2).AsTask());
        }
    }
}
