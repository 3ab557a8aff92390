using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// A signal takes out the only one that waits by itself, and a signaler whose waiter polls guesses the state. Both are short ways past the
/// list, so both meet everything that goes by the list.
/// </summary>
public class LoneWaiterExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 6, false)]
    [InlineData(MemoryModel.SequentiallyConsistent, 6, true)]
    [InlineData(MemoryModel.TotalStoreOrder, 3, false)]
    [InlineData(MemoryModel.TotalStoreOrder, 3, true)]
    public void A_lone_callback_runs_once_when_its_add_succeeded(MemoryModel memory, int preemptions, bool isPolled) =>
        Verify(
            Scenario.Of("add of the lone one against signal", () => new LoneWaiter(isPolled))
                .Thread("adder", state => state.AddGuest())
                .Thread("signaler", state => state.SignalHere())
                .AtEnd(state => state.Check()),
            preemptions,
            memory);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_lone_callback_and_another_one_both_run(bool isPolled) =>
        Verify(
            Scenario.Of("add of the lone one against add against signal", () => new LoneWaiter(isPolled))
                .Thread("adder", state => state.AddGuest())
                .Thread("other adder", state => state.AddOther())
                .Thread("signaler", state => state.SignalHere())
                .AtEnd(state => state.Check()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_lone_callback_that_was_removed_never_runs(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("remove of the lone one, add against add against signal", () => new LoneWaiter(isAdded: true))
                .Thread("remover", state =>
                {
                    state.RemoveGuest();
                    if (!state.IsGuestAdded)
                    {
                        state.AddGuest();
                    }
                })
                .Thread("signaler", state => state.SignalHere())
                .AtEnd(state => state.Check()),
            preemptions,
            memory);

    [Fact]
    public void Somebody_who_removes_or_looks_finds_a_lone_callback_in_the_list() =>
        Verify(
            Scenario.Of("remove of another against signal, with the lone one waiting", () => new LoneWaiter(isAdded: true))
                .Thread("adder and remover", state => state.AddAndRemoveOther())
                .Thread("signaler", state => state.SignalHere())
                .AtEnd(state => state.Check()),
            preemptions: 3);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_callback_that_has_moved_waits_only_where_it_is(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add here against add there, after it has moved there", () => new LoneWaiter(isMoved: true))
                .Thread("adder here", state => state.AddGuest())
                .Thread("adder there", state => state.AddGuestThere())
                .AtEnd(state => state.CheckOneHome()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_guess_about_the_state_loses_no_signal_and_no_callback(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("signal, signal against signal against add, all looked at", () => new LoneWaiter(isPolled: true))
                .Thread("signaler", state => state.SignalEarlierThenHere())
                .Thread("other signaler", state => state.SignalHere())
                .Thread("adder", state => state.AddOther())
                .AtEnd(state =>
                {
                    state.CheckOneWinner();
                    state.Check();
                }),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 4, false)]
    [InlineData(MemoryModel.SequentiallyConsistent, 4, true)]
    [InlineData(MemoryModel.TotalStoreOrder, 2, false)]
    public void A_lone_callback_waits_for_its_own_point(MemoryModel memory, int preemptions, bool isPolled) =>
        Verify(
            Scenario.Of("signal, signal against add of the lone one", () => new LoneWaiter(isPolled))
                .Thread("signaler", state => state.SignalEarlierThenHere())
                .Thread("adder", state => state.AddGuest())
                .AtEnd(state => state.Check()),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_lone_callback_that_is_added_again_while_it_runs_has_finished_when_its_last_signal_returns(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("run of the lone one against add again and signal", () => new LoneWaiter(isAdded: true))
                .Thread("signaler", state => state.SignalHere())
                .Thread("adder and second signaler", state => state.AddGuestAgainAndSignal())
                .AtEnd(state => state.CheckFinished()),
            preemptions,
            memory);

    [Fact]
    public void A_lone_callback_that_is_about_to_run_is_refused_as_misuse() =>
        Verify(
            Scenario.Of("signal of two against add of the lone one", () => new LoneWaiter(isAdded: true))
                .Thread("other adder and signaler", state =>
                {
                    state.AddOther();
                    state.SignalHere();
                })
                .Thread("adder", state => state.AddGuestAgain())
                .AtEnd(state => state.CheckRounds()),
            preemptions: 4);

    /// <summary>The guest has waited for Here twice, alone.</summary>
    private sealed class LoneWaiter
    {
        private readonly FenceTimeline _here = new("here");
        private readonly FenceTimeline _there = new("there");
        private readonly CountingCallback _guest;
        private readonly CountingCallback _other = new();
        private readonly Fence _earlier;
        private readonly Fence _fence;
        private readonly Fence _later;
        private readonly Fence _elsewhere;
        private readonly int _runsBefore;
        private bool _isOtherAdded;
        private bool _isAddedThere;
        private int _winners;
        private int _misuses;
        private int _isRunning;
        private bool _ranEarly;
        private bool _isAddedAgain;

        public LoneWaiter(bool isPolled = false, bool isAdded = false, bool isMoved = false)
        {
            _guest = new CountingCallback(OnGuest);
            for (int round = 0; round < 2; round++)
            {
                Fence before = _here.Issue();
                Assert.True(before.TryAddCallback(_guest));
                _here.Signal(before);
            }

            if (isMoved)
            {
                Fence before = _there.Issue();
                Assert.True(before.TryAddCallback(_guest));
                _there.Signal(before);
            }

            _runsBefore = _guest.Runs;
            _earlier = _here.Issue();
            _fence = _here.Issue();
            _later = _here.Issue();
            _isRunning = 0;
            _elsewhere = _there.Issue();
            _here.IsPolled = isPolled;
            if (isAdded)
            {
                AddGuest();
            }
        }

        public bool IsGuestAdded { get; private set; }

        public void AddGuest()
        {
            try
            {
                IsGuestAdded = _fence.TryAddCallback(_guest);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref _misuses);
            }
        }

        public void AddGuestThere()
        {
            try
            {
                _isAddedThere = _elsewhere.TryAddCallback(_guest);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref _misuses);
            }
        }

        public void AddGuestAgainAndSignal()
        {
            Explored.WaitUntil(() => _isRunning == 1, "the callback runs");
            for (int round = 1; round <= 2; round++)
            {
                Fence next = round == 1 ? _later : _here.Issue();
                Assert.True(next.TryAddCallback(_guest));
                _here.Signal(next);
                Assert.Equal(1 + round, _guest.Runs - _runsBefore);
                Assert.Equal(FenceCallbackRemoval.Finished, next.TryRemoveCallback(_guest));
            }
        }

        /// <summary>Refused while it waits or is about to run, accepted when it runs or has run.</summary>
        public void AddGuestAgain()
        {
            try
            {
                _isAddedAgain = _later.TryAddCallback(_guest);
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref _misuses);
            }
        }

        public void CheckFinished()
        {
            Assert.Equal(3, _guest.Runs - _runsBefore);
            Assert.Equal(FenceCallbackRemoval.Finished, _here.GetFence(_here.Issued).TryRemoveCallback(_guest));
        }

        public void CheckRounds()
        {
            Assert.Equal(_isAddedAgain ? 0 : 1, _misuses);
            Assert.Equal(1, _guest.Runs - _runsBefore);
            Assert.Equal(1, _other.Runs);
            _here.Signal(_later);
            Assert.Equal(_isAddedAgain ? 2 : 1, _guest.Runs - _runsBefore);
        }

        public void AddOther() => _isOtherAdded = _fence.TryAddCallback(_other);

        public void AddAndRemoveOther()
        {
            AddOther();
            if (_fence.TryRemoveCallback(_other) == FenceCallbackRemoval.Removed)
            {
                _isOtherAdded = false;
            }
        }

        public void RemoveGuest()
        {
            if (_fence.TryRemoveCallback(_guest) == FenceCallbackRemoval.Removed)
            {
                IsGuestAdded = false;
            }
        }

        public void SignalHere() => Count(_here.Signal(_fence));

        public void SignalEarlierThenHere()
        {
            _here.Signal(_earlier);
            SignalHere();
        }

        public void CheckOneWinner() => Assert.Equal(1, _winners);

        public void Check()
        {
            Assert.Equal(0, _misuses);
            Assert.False(_ranEarly, "It ran before its point was complete.");
            Assert.True(_fence.IsSignaled);
            Assert.Equal(IsGuestAdded ? 1 : 0, _guest.Runs - _runsBefore);
            Assert.Equal(_isOtherAdded ? 1 : 0, _other.Runs);

            // And the list is in order: the next round goes as the first.
            Fence next = _later;
            Assert.True(next.TryAddCallback(_guest));
            Assert.True(next.TryAddCallback(_other));
            _here.Signal(next);
            Assert.Equal(FenceCallbackRemoval.Finished, next.TryRemoveCallback(_guest));
            Assert.Equal(IsGuestAdded ? 2 : 1, _guest.Runs - _runsBefore);
            Assert.Equal(_isOtherAdded ? 2 : 1, _other.Runs);
        }

        public void CheckOneHome()
        {
            Assert.Equal(1, _misuses);
            Assert.NotEqual(IsGuestAdded, _isAddedThere);
            _here.Signal(_fence);
            _there.Signal(_elsewhere);
            Assert.Equal(1, _guest.Runs - _runsBefore);
        }

        private void OnGuest()
        {
            Volatile.Write(ref _isRunning, 1);
            _ranEarly |= _fence.Timeline is not null && !_fence.IsSignaled && !_elsewhere.IsSignaled;
        }

        private void Count(bool won)
        {
            if (won)
            {
                Interlocked.Increment(ref _winners);
            }
        }
    }
}
