using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>
/// Somebody who waits for any of the same fences again and again gets the same pooled sets again: their nodes come back to timelines that they had
/// to be taken out of, and no member holds on to a set that has gone.
/// </summary>
public class RepeatedSetExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_set_that_comes_again_hears_of_what_completes_meanwhile(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any, await any again against signal", () => new Devices())
                .Thread("awaiter", state =>
                {
                    state.AwaitAnyBefore();
                    state.AwaitAny();
                })
                .Thread("second device", state => state.SignalSecond())
                .AtEnd(state => state.Check(answers: 2)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_set_that_leaves_a_timeline_leaves_the_others_in_the_list(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any again, leave it against add beside it", () => new Devices())
                .Thread("awaiter", state =>
                {
                    state.AwaitAnyBefore();
                    state.AwaitAny();
                    state.SignalFirst(1);
                })
                .Thread("adder", state => state.AddBeside())
                .AtEnd(state => state.Check(answers: 2)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Two_sets_that_come_again_both_hear_of_it(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any again against the same", () => new Devices())
                .Thread("awaiter", state =>
                {
                    state.AwaitAnyBefore();
                    state.AwaitAny();
                })
                .Thread("other awaiter", state =>
                {
                    state.AwaitAny();
                    state.SignalSecond();
                })
                .AtEnd(state => state.Check(answers: 3)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_continuation_that_waits_again_with_the_set_that_woke_it_disturbs_nobody(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any, in its continuation await any, against signals", () => new Devices())
                .Thread("awaiter", state => state.AwaitAnyOfWhatIsLeft(FenceContinuation.Inline))
                .Thread("first device", state => state.SignalFirst(0))
                .Thread("second device", state => state.SignalSecond())
                .AtEnd(state => state.Check(answers: 2)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_continuation_that_was_handed_to_the_thread_pool_has_the_set_for_itself(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any on the thread pool, there await any, against signals", () => new Devices())
                .Thread("awaiter", state => state.AwaitAnyOfWhatIsLeft(FenceContinuation.ThreadPool))
                .Thread("first device", state => state.SignalFirst(0))
                .Thread("second device", state => state.SignalSecond())
                .PoolThread()
                .AtEnd(state => state.Check(answers: 2)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_set_whose_node_has_left_takes_nobody_else_out(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any against signal, add of another", () => new Devices(hasGuest: true))
                .Thread("awaiter", state => state.AwaitAny())
                .Thread("second device and guest", state =>
                {
                    state.SignalSecond();
                    state.AddGuest();
                })
                .Thread("first device", state => state.SignalFirst(1))
                .AtEnd(state => state.Check(answers: 1)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_continuation_runs_once_beside_one_who_asks_too_early(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("await any, get its result against signal", () => new Devices())
                .Thread("awaiter", state => state.AskTooEarly(FenceContinuation.Inline))
                .Thread("first device", state => state.SignalFirst(0))
                .PoolThread() // for a continuation given to a wait that never began
                .AtEnd(state =>
                {
                    state.CheckAskedOnce();
                    state.Check(answers: 1);
                }),
            preemptions,
            memory);

    [Fact]
    public void A_set_whose_result_was_asked_for_too_early_serves_nobody_else_while_its_continuation_is_on_the_way() =>
        Verify(
            Scenario.Of("await any on the thread pool, get its result, await any against signals", () => new Devices())
                .Thread("awaiter", state =>
                {
                    state.AskTooEarly(FenceContinuation.ThreadPool);
                    state.AwaitAny();
                })
                .Thread("devices", state =>
                {
                    state.SignalFirst(0);
                    state.SignalSecond();
                })
                .PoolThread()
                .AtEnd(state =>
                {
                    state.CheckAskedOnce();
                    state.Check(answers: 2);
                }),
            preemptions: 2);

    private sealed class Devices
    {
        private readonly FenceTimeline _first = new("first");
        private readonly FenceTimeline _second = new("second");
        private readonly CountingCallback _beside = new();
        private readonly CountingCallback _guest = new();
        private readonly Exception _error = new InvalidOperationException("lost");
        private readonly Fence[] _firsts;
        private readonly Fence[] _seconds;
        private readonly int _guestBefore;
        private bool _isBeside;
        private bool _isGuest;
        private int _answers;
        private int _refusals;
        private int _lateAnswers;
        private int _earlyAnswers;
        private bool _neverBegan;

        /// <summary>With a guest: a callback that has waited for the second device twice, alone.</summary>
        public Devices(bool hasGuest = false)
        {
            PooledSets.Fill();
            for (int round = 0; hasGuest && round < 2; round++)
            {
                Fence before = _second.Issue();
                Assert.True(before.TryAddCallback(_guest));
                _second.Signal(before);
            }

            _guestBefore = _guest.Runs;
            _firsts = [_first.Issue(), _first.Issue(), _first.Issue(), _first.Issue()];
            _seconds = [_second.Issue(), _second.Issue(), _second.Issue()];
        }

        /// <summary>After this the set's node was taken out of the second device's list, unless that device was faster.</summary>
        public void AwaitAnyBefore()
        {
            Await(_firsts[0], _seconds[0]);
            _first.Signal(_firsts[0]);
        }

        public void AwaitAny() => Await(_firsts[1], _seconds[0]);

        public async void AwaitAnyOfWhatIsLeft(FenceContinuation place)
        {
            Fence[] fences = [_firsts[0], _seconds[0]];
            FenceWaitResult one = await Fence.WaitAnyAsync(fences).ConfigureAwait(place);
            Check(one, fences);
            fences[one.Index] = _firsts[2]; // pending until the end
            Check(await Fence.WaitAnyAsync(fences).ConfigureAwait(place), fences);
        }

        /// <summary>As a compiler never does: gives the awaiter a continuation, and asks it for the result all the same.</summary>
        public void AskTooEarly(FenceContinuation place)
        {
            Fence[] fences = [_firsts[0], _seconds[0]];
            FenceSetAwaitable awaiter = Fence.WaitAnyAsync(fences).ConfigureAwait(place).GetAwaiter();
            _neverBegan = awaiter.IsCompleted;
            awaiter.UnsafeOnCompleted(() => Ask(awaiter, fences, ref _lateAnswers));
            Ask(awaiter, fences, ref _earlyAnswers);
        }

        /// <summary>The continuation ran once. It has the result, or the one who asked too early; both only of a wait that never began.</summary>
        public void CheckAskedOnce()
        {
            Assert.Equal(_neverBegan ? (2, 0) : (1, 1), (_earlyAnswers + _lateAnswers, _refusals));
            _answers++;
        }

        public void SignalFirst(int index) => _first.Signal(_firsts[index]);

        public void SignalSecond() => _second.Signal(_seconds[0], _error);

        public void AddBeside() => _isBeside = _seconds[1].TryAddCallback(_beside);

        public void AddGuest() => _isGuest = _seconds[1].TryAddCallback(_guest);

        /// <summary>What waited too early has not run, what waits runs with its signal, and nobody is left.</summary>
        public void Check(int answers)
        {
            _first.Signal(_firsts[1]);
            Assert.Equal(answers, _answers);
            _second.Signal(_seconds[0]);
            Assert.Equal(0, _beside.Runs);
            Assert.Equal(_guestBefore, _guest.Runs);
            _second.Signal(_seconds[1]);
            Assert.Equal(_isBeside ? 1 : 0, _beside.Runs);
            Assert.Equal(_isGuest ? 1 : 0, _guest.Runs - _guestBefore);
            CheckNothingLeft(_firsts[3]);
            CheckNothingLeft(_seconds[2]);
            Assert.Equal(answers, _answers);
        }

        private static void CheckNothingLeft(Fence fence)
        {
            var late = new CountingCallback();
            Assert.True(fence.TryAddCallback(late));
            Assert.True(fence.Timeline!.Signal(fence));
            Assert.Equal(1, late.Runs);
        }

        private async void Await(params Fence[] fences) =>
            Check(await Fence.WaitAnyAsync(fences).ConfigureAwait(FenceContinuation.Inline), fences);

        private void Ask(FenceSetAwaitable awaiter, Fence[] fences, ref int answers)
        {
            try
            {
                CheckResult(awaiter.GetResult(), fences);
                answers++;
            }
            catch (InvalidOperationException)
            {
                Interlocked.Increment(ref _refusals);
            }
        }

        private void Check(FenceWaitResult result, Fence[] fences)
        {
            CheckResult(result, fences);
            _answers++;
        }

        private static void CheckResult(FenceWaitResult result, Fence[] fences)
        {
            Assert.InRange(result.Index, 0, 1);
            Assert.True(fences[result.Index].IsSignaled);
            Assert.Equal(fences[result.Index].Status, result.Status);
        }
    }
}
