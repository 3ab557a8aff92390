using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>The wait of a session against the failure that ends it, while somebody else never lets go.</summary>
public class FirstFailureExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_wait_without_a_limit_ends_at_the_failure_of_the_last_though_the_first_is_stuck(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("session wait against a fault", () => new TwoHolders())
                .Thread("owner", state => Assert.Equal(InvalidationOutcome.Faulted, state.Session.Wait(Timeout.InfiniteTimeSpan)))
                .Thread("device", state => state.Last.Signal(1, TwoHolders.Error))
                .AtEnd(state => state.CheckNothingLeft()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Of_two_failures_one_ends_the_wait(MemoryModel memory, int preemptions) => Verify(TwoFailures(), preemptions, memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void When_one_fails_and_the_other_lets_go_the_outcome_is_the_failure(MemoryModel memory, int preemptions) =>
        Verify(SignalAndFailure(), preemptions, memory);

    // With a preemption and late stores there are too many to see all of them.
    [Fact]
    public void Of_two_failures_one_ends_the_wait_when_stores_are_late() => VerifyRandomly(TwoFailures(), 10_000, MemoryModel.TotalStoreOrder);

    [Fact]
    public void The_outcome_is_the_failure_when_stores_are_late() => VerifyRandomly(SignalAndFailure(), 10_000, MemoryModel.TotalStoreOrder);

    [Fact]
    public void An_awaited_wait_ends_at_the_failure_too() =>
        Verify(
            Scenario.Of("awaited session wait against a fault", () => new TwoHolders())
                .Thread("owner", state => state.Flows.Start(async () =>
                    Assert.Equal(InvalidationOutcome.Faulted, await state.Session.WaitAsync(Timeout.InfiniteTimeSpan))))
                .Thread("device", state => state.Last.Signal(1, TwoHolders.Error))
                .PoolThread()
                .AtEnd(state =>
                {
                    state.Flows.CheckOver();
                    state.CheckNothingLeft();
                }),
            preemptions: 2);

    private static Scenario<TwoHolders> TwoFailures() =>
        Scenario.Of("session wait against two faults", () => new TwoHolders())
            .Thread("owner", state => Assert.Equal(InvalidationOutcome.Faulted, state.Session.Wait(Timeout.InfiniteTimeSpan)))
            .Thread("first device", state => state.First.Signal(1, TwoHolders.Error))
            .Thread("last device", state => state.Last.Signal(1, TwoHolders.Error))
            .AtEnd(state => state.CheckNothingLeft());

    private static Scenario<TwoHolders> SignalAndFailure() =>
        Scenario.Of("session wait against a signal and a fault", () => new TwoHolders())
            .Thread("owner", state => Assert.Equal(InvalidationOutcome.Faulted, state.Session.Wait(Timeout.InfiniteTimeSpan)))
            .Thread("first device", state => state.First.Signal(1))
            .Thread("last device", state => state.Last.Signal(1, TwoHolders.Error))
            .AtEnd(state => state.CheckNothingLeft());

    private sealed class TwoHolders
    {
        public TwoHolders()
        {
            InvalidationNotifier notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
            notifier.Subscribe(MappedPage.Page, new Gives(First.Issue()), "first");
            notifier.Subscribe(MappedPage.Page, new Gives(Last.Issue()), "last");
            Assert.True(notifier.TrySchedule(MappedPage.Page, InvalidationReason.Unmap, out InvalidationSession session));
            Session = session;
        }

        public static Exception Error { get; } = new InvalidOperationException("I/O");

        public FenceTimeline First { get; } = new("first");

        public FenceTimeline Last { get; } = new("last");

        public Flows Flows { get; } = new();

        public InvalidationSession Session { get; }

        public void CheckNothingLeft()
        {
            Assert.Equal(InvalidationOutcome.Faulted, Session.TryWait());
            Assert.Empty(First.CopyWaiting());
            Assert.Empty(Last.CopyWaiting());
            Session.BackOff();
        }
    }

    private sealed class Gives(Fence answer) : IInvalidationSubscriber
    {
        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            fence = answer;
            return true;
        }
    }
}
