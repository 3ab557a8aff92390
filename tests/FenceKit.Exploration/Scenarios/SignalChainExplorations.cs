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
                .Thread("remover", state => state.RemoveInner())
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
    public void All_that_one_callback_signals_is_put_off_and_runs_in_order(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("three signals put off against remove", () => new Nested(signalsMore: true))
                .Thread("signaler", state => state.SignalOuter())
                .Thread("remover", state => state.RemoveInner())
                .AtEnd(state => state.CheckOrder()),
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

    /// <summary>The callback of the outer fence signals the inner one, for which two wait; and two more, for which one waits each, if it is to.</summary>
    private sealed class Nested
    {
        private readonly List<int> _order = [];
        private readonly CountingCallback[] _behind;
        private bool _isPutOff;

        public Nested(bool addsAgain = false, bool signalsMore = false)
        {
            First = new CountingCallback(() => SignalInner(signalsMore));
            Last = new CountingCallback(addsAgain ? AddAgain : () => _order.Add(0));
            _behind = [.. Enumerable.Range(1, 3).Select(place => new CountingCallback(() => _order.Add(place)))];
            Other.Issue(2);
            Assert.True(Outer.Issue().TryAddCallback(First));
            Assert.True(Inner.Issue().TryAddCallback(Last));
            if (signalsMore)
            {
                Assert.True(Inner.GetFence(1).TryAddCallback(_behind[0]));
                Assert.True(Other.GetFence(1).TryAddCallback(_behind[1]));
                Assert.True(Other.GetFence(2).TryAddCallback(_behind[2]));
            }
        }

        public FenceTimeline Outer { get; } = new("outer");

        public FenceTimeline Inner { get; } = new("inner");

        public FenceTimeline Other { get; } = new("other");

        public CountingCallback First { get; }

        public CountingCallback Last { get; }

        public FenceCallbackRemoval Removal { get; private set; }

        public bool IsAddedAgain { get; private set; }

        public void SignalOuter() => RuntimeHelpersTwin.WithShortStack(() => Outer.Signal(1));

        public void RemoveInner() => Removal = Inner.GetFence(1).TryRemoveCallback(Last);

        public void CheckOrder()
        {
            Assert.True(_isPutOff, "They ran inside of what signaled them.");
            Assert.Equal(Removal == FenceCallbackRemoval.Removed ? [1, 2, 3] : [0, 1, 2, 3], _order);
        }

        private void SignalInner(bool signalsMore)
        {
            Inner.Signal(1);
            if (signalsMore)
            {
                Other.Signal(1);
                Other.Signal(2);
                _isPutOff = _order.Count == 0;
            }
        }

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
