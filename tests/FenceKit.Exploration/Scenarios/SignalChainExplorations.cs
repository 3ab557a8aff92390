using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// Signals on a stack that is almost used up: their callbacks are detached, and run later than the signal returns. Others come to remove them,
/// to add them again, and to signal in between.
/// </summary>
public class SignalChainExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void A_callback_that_is_removed_while_it_is_put_off_runs_once_or_was_removed(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("remove against put off", () => new Nested())
                .Thread("signaler", state => state.SignalOuter())
                .Thread("remover", state => state.Removal = state.Inner.GetFence(1).TryRemoveCallback(state.Last))
                .AtEnd(state => Assert.Equal(state.Removal == FenceCallbackRemoval.Removed ? 0 : 1, state.Last.Runs)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void Two_threads_without_stack_run_each_what_they_have_detached(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("two put off", () => new Nested())
                .Thread("signaler", state => state.SignalOuter())
                .Thread("other signaler", state => RuntimeHelpersTwin.WithShortStack(() => state.Inner.Signal(1)))
                .AtEnd(state => Assert.True(state.First.Runs == 1 && state.Last.Runs == 1)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_callback_that_was_put_off_can_be_added_again_when_it_runs(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("put off against add again", () => new Nested(addsAgain: true))
                .Thread("signaler", state => state.SignalOuter())
                .Thread("other signaler", state => state.Other.Signal(1))
                .AtEnd(state =>
                {
                    state.Other.Signal(1);
                    Assert.Equal(state.IsAddedAgain ? 2 : 1, state.Last.Runs);
                }),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void An_array_whose_callback_is_put_off_can_be_armed_again_by_others(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("put off against arm again", () => new NestedArray())
                .Thread("signaler", state => RuntimeHelpersTwin.WithShortStack(() => state.Member.Signal(1)))
                .Thread("other", state => state.TryArmAgain())
                .AtEnd(state =>
                {
                    Assert.Equal(1, state.Callback.Runs);
                    state.Member.Signal(2);
                    Assert.Equal(state.IsArmedAgain ? 1 : 0, state.Again.Runs);
                }),
            preemptions,
            memory);

    /// <summary>The callback of the outer fence signals the inner one.</summary>
    private sealed class Nested
    {
        public Nested(bool addsAgain = false)
        {
            First = new CountingCallback(() => Inner.Signal(1));
            Last = new CountingCallback(addsAgain ? AddAgain : null);
            Other.Issue();
            Assert.True(Outer.Issue().TryAddCallback(First));
            Assert.True(Inner.Issue().TryAddCallback(Last));
        }

        public FenceTimeline Outer { get; } = new("outer");

        public FenceTimeline Inner { get; } = new("inner");

        public FenceTimeline Other { get; } = new("other");

        public CountingCallback First { get; }

        public CountingCallback Last { get; }

        public FenceCallbackRemoval Removal { get; set; }

        public bool IsAddedAgain { get; private set; }

        public void SignalOuter() => RuntimeHelpersTwin.WithShortStack(() => Outer.Signal(1));

        private void AddAgain()
        {
            if (Last.Runs == 1)
            {
                IsAddedAgain = Other.GetFence(1).TryAddCallback(Last);
            }
        }
    }

    private sealed class NestedArray
    {
        private readonly FenceArray _array = new("array", capacity: 1);

        public NestedArray()
        {
            Fence first = Member.Issue();
            Member.Issue();
            Assert.True(_array.TryArmAll([first], out Fence whole));
            Assert.True(whole.TryAddCallback(Callback));
        }

        public FenceTimeline Member { get; } = new("member");

        public CountingCallback Callback { get; } = new();

        public CountingCallback Again { get; } = new();

        public bool IsArmedAgain { get; private set; }

        public void TryArmAgain() =>
            IsArmedAgain = _array.TryArmAll([Member.GetFence(2)], out Fence whole) && whole.TryAddCallback(Again);
    }
}
