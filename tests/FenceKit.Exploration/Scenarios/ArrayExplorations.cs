using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>Several fences as one, armed by the first waiter: against their signals, errors, removal, re-arming and the end.</summary>
public class ArrayExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void All_is_complete_after_the_last_and_has_the_first_error(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("all: add against signal against fault", () => new ArmedArray(FenceSetMode.All))
                .Thread("waiter", state => state.Add())
                .Thread("first device", state => state.SignalFirst(1))
                .Thread("second device", state => state.FaultSecond(1))
                .Always(state => state.CheckNotEarly())
                .AtEnd(state => state.CheckComplete(FenceStatus.Faulted)),
            preemptions,
            memory);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void Any_is_complete_with_the_outcome_of_one_member(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("any: add against signal against fault", () => new ArmedArray(FenceSetMode.Any))
                .Thread("waiter", state => state.Add())
                .Thread("first device", state => state.SignalFirst(1))
                .Thread("second device", state => state.FaultSecond(1))
                .Always(state => state.CheckNotEarly())
                .AtEnd(state => state.CheckComplete(state.Fence.Status)),
            preemptions,
            memory);

    [Fact]
    public void Of_two_errors_all_keeps_one() =>
        Verify(
            Scenario.Of("all: add against fault against fault", () => new ArmedArray(FenceSetMode.All))
                .Thread("waiter", state => state.Add())
                .Thread("first device", state => state.FaultFirst(1))
                .Thread("second device", state => state.FaultSecond(1))
                .Always(state => state.CheckNotEarly())
                .AtEnd(state => state.CheckComplete(FenceStatus.Faulted)),
            preemptions: 2);

    [Fact]
    public void A_waiter_that_leaves_does_not_disarm_the_array() =>
        Verify(
            Scenario.Of("all: add, remove against signal against fault", () => new ArmedArray(FenceSetMode.All))
                .Thread("waiter", state => state.AddAndRemove())
                .Thread("first device", state => state.SignalFirst(1))
                .Thread("second device", state => state.FaultSecond(1))
                .AtEnd(state => state.CheckComplete(FenceStatus.Faulted)),
            preemptions: 2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_two_waiters_the_first_arms_the_array(bool isAny) =>
        Verify(
            Scenario.Of($"{ModeOf(isAny)}: add against add against signals", () => new ArmedArray(ModeOf(isAny)))
                .Thread("waiter", state => state.Add())
                .Thread("other waiter", state => state.AddOther())
                .Thread("devices", state =>
                {
                    state.SignalFirst(1);
                    state.FaultSecond(1);
                })
                .AtEnd(state => state.CheckComplete(state.Fence.Status)),
            preemptions: 1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_look_and_a_waiter_agree_on_the_outcome(bool isAny) =>
        Verify(
            Scenario.Of($"{ModeOf(isAny)}: add against poll against signals", () => new ArmedArray(ModeOf(isAny)))
                .Thread("waiter", state => state.Add())
                .Thread("onlooker", state => state.Fence.TryPoll())
                .Thread("devices", state =>
                {
                    state.SignalFirst(1);
                    state.FaultSecond(1);
                })
                .Always(state => state.CheckNotEarly())
                .AtEnd(state => state.CheckComplete(state.Fence.Status)),
            preemptions: 2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_array_that_is_armed_again_in_its_own_callback_serves_again(bool isAny) =>
        Verify(
            Scenario.Of($"{ModeOf(isAny)}: armed again against signals", () => new RearmedArray(ModeOf(isAny)))
                .Thread("first device", state => state.SignalFirst())
                .Thread("second device", state => state.SignalSecond())
                .AtEnd(state => state.CheckBothRounds()),
            preemptions: 2);

    [Fact]
    public void An_array_that_is_disposed_ends_its_waiters() =>
        Verify(
            Scenario.Of("any: dispose against add against signal", () => new ArmedArray(FenceSetMode.Any))
                .Thread("disposer", state => state.Dispose())
                .Thread("waiter", state => state.Add())
                .Thread("first device", state => state.SignalFirst(1))
                .AtEnd(state => state.CheckComplete(state.Fence.Status)),
            preemptions: 2);

    [Fact]
    public void An_array_that_is_disposed_as_its_first_waiter_comes_leaves_its_members() =>
        Verify(
            Scenario.Of("any: dispose against add", () => new ArmedArray(FenceSetMode.Any))
                .Thread("disposer", state => state.Dispose())
                .Thread("waiter", state => state.Add())
                .AtEnd(state => state.CheckComplete(FenceStatus.Faulted)),
            preemptions: 3);

    [Fact]
    public void An_array_in_use_is_not_armed_twice() =>
        Verify(
            Scenario.Of("any: arm against arm", () => new IdleArray())
                .Thread("owner", state => state.Arm(0))
                .Thread("other owner", state => state.Arm(1))
                .Thread("devices", state => state.SignalBoth())
                .AtEnd(state => state.CheckArmed()),
            preemptions: 2);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 2)]
    public void Merging_drops_only_what_has_signaled_or_is_covered(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("merge against signals", () => new MergedFences())
                .Thread("merger", state => state.Merge())
                .Thread("first device", state => state.SignalFirst())
                .Thread("second device", state => state.SignalSecond()),
            preemptions,
            memory);

    private class TwoTimelines
    {
        public FenceTimeline First { get; } = new("first");

        public FenceTimeline Second { get; } = new("second");

        public Exception FirstError { get; } = new InvalidOperationException("first lost");

        public Exception SecondError { get; } = new InvalidOperationException("second lost");

        public FenceArray Array { get; } = new("array", 2);

        public void SignalFirst(ulong point) => First.Signal(point);

        public void FaultFirst(ulong point) => First.Signal(point, FirstError);

        public void FaultSecond(ulong point) => Second.Signal(point, SecondError);
    }

    private static FenceSetMode ModeOf(bool isAny) => isAny ? FenceSetMode.Any : FenceSetMode.All;

    private sealed class ArmedArray : TwoTimelines
    {
        private readonly FenceSetMode _mode;
        private readonly Fence _first;
        private readonly Fence _second;
        private readonly CountingCallback _callback = new();
        private readonly CountingCallback _other = new();
        private readonly Fence _fence;
        private bool _isAdded;
        private bool _isOtherAdded;
        private bool _isDisposed;

        public ArmedArray(FenceSetMode mode)
        {
            _mode = mode;
            _first = First.Issue();
            _second = Second.Issue();
            Assert.True(Array.TryArm([_first, _second], mode, out _fence));
        }

        public Fence Fence => _fence;

        public void Add() => _isAdded = _fence.TryAddCallback(_callback);

        public void AddOther() => _isOtherAdded = _fence.TryAddCallback(_other);

        public void AddAndRemove()
        {
            Add();
            if (_isAdded && _fence.TryRemoveCallback(_callback) == FenceCallbackRemoval.Removed)
            {
                _isAdded = false;
            }
        }

        public void Dispose()
        {
            _isDisposed = true;
            Array.Dispose();
        }

        public void CheckNotEarly()
        {
            bool isDue = _mode == FenceSetMode.All ? _first.IsSignaled && _second.IsSignaled : _first.IsSignaled || _second.IsSignaled;
            Assert.True(isDue || !_fence.IsSignaled, "the array is complete and its members are not");
        }

        public void CheckComplete(FenceStatus expected)
        {
            _fence.TryPoll(); // if nobody waited, nobody has armed it
            Assert.Equal(expected, _fence.GetStatus(out Exception? error));
            Assert.NotEqual(FenceStatus.Pending, expected);
            Assert.True(_mode == FenceSetMode.All || _isDisposed || error is null || ReferenceEquals(error, SecondError));
            Check(_callback, _isAdded, expected, error);
            Check(_other, _isOtherAdded, expected, error);
            if (_isDisposed)
            {
                Assert.DoesNotContain("is waited for", First.DumpPending() + Second.DumpPending());
            }
            else
            {
                // Nothing was left behind in the lists of the members: everything can be used again.
                Assert.True(Array.TryArmAll([First.Issue(), Second.Issue()], out Fence next));
                CountingCallback last = new();
                Assert.True(next.TryAddCallback(last));
                First.Signal(2);
                Second.Signal(2);
                Assert.Equal(1, last.Runs);
            }
        }

        private static void Check(CountingCallback callback, bool isAdded, FenceStatus status, Exception? error)
        {
            Assert.Equal(isAdded ? 1 : 0, callback.Runs);
            Assert.Equal(isAdded ? status : FenceStatus.Pending, callback.Status);
            Assert.Same(isAdded ? error : null, callback.Fault);
        }
    }

    /// <summary>The array's callback arms it for the next points of both devices, as a driver's loop does.</summary>
    private sealed class RearmedArray : TwoTimelines
    {
        private readonly FenceSetMode _mode;
        private readonly CountingCallback _first;
        private readonly CountingCallback _second = new();
        private Fence _again;
        private bool _isSecondAdded;

        public RearmedArray(FenceSetMode mode)
        {
            _mode = mode;
            First.Issue(2);
            Second.Issue(2);
            _first = new CountingCallback(ArmAgain);
            Assert.True(Array.TryArm([First.GetFence(1), Second.GetFence(1)], mode, out Fence fence));
            Assert.True(fence.TryAddCallback(_first));
        }

        public void SignalFirst()
        {
            First.Signal(1);
            First.Signal(2);
        }

        public void SignalSecond()
        {
            Second.Signal(1);
            Second.Signal(2);
        }

        public void CheckBothRounds()
        {
            Assert.Equal(1, _first.Runs);
            Assert.Equal(_isSecondAdded ? 1 : 0, _second.Runs);
            Assert.Equal(FenceStatus.Signaled, _first.Status);
            Assert.Equal(_isSecondAdded ? FenceStatus.Signaled : FenceStatus.Pending, _second.Status);
            _again.TryPoll();
            Assert.Equal(FenceStatus.Signaled, _again.Status); // also the default one of an array that could not be armed again

            // Whether it could be armed in the callback or not, it can be now: everybody has left.
            Fence third = First.Issue();
            Assert.True(Array.TryArmAll([third], out Fence fence), "the array was never given back");
            CountingCallback last = new();
            Assert.True(fence.TryAddCallback(last));
            First.Signal(3);
            Assert.Equal(1, last.Runs);
        }

        private void ArmAgain()
        {
            bool isArmedAgain = Array.TryArm([First.GetFence(2), Second.GetFence(2)], _mode, out _again);
            _isSecondAdded = isArmedAgain && _again.TryAddCallback(_second);
        }
    }

    private sealed class IdleArray : TwoTimelines
    {
        private readonly Fence[] _armed = new Fence[2];
        private readonly bool[] _isArmed = new bool[2];
        private readonly bool[] _isAdded = new bool[2];
        private readonly CountingCallback[] _callbacks = [new(), new()];

        public IdleArray()
        {
            First.Issue(1);
            Second.Issue(1);
        }

        public void Arm(int owner)
        {
            Fence member = (owner == 0 ? First : Second).GetFence(1);
            _isArmed[owner] = Array.TryArmAny([member], out _armed[owner]);
            _isAdded[owner] = _isArmed[owner] && _armed[owner].TryAddCallback(_callbacks[owner]);
        }

        public void SignalBoth()
        {
            First.Signal(1);
            Second.Signal(1);
        }

        public void CheckArmed()
        {
            Assert.True(_isArmed[0] || _isArmed[1], "both were refused");
            for (int owner = 0; owner < 2; owner++)
            {
                Assert.Equal(_isAdded[owner] ? 1 : 0, _callbacks[owner].Runs);
                Assert.True(!_isArmed[owner] || _armed[owner].IsSignaled || _armed[owner].TryPoll());
            }
        }
    }

    private sealed class MergedFences : TwoTimelines
    {
        public MergedFences()
        {
            First.Issue(2);
            Second.Issue(2);
        }

        public void SignalFirst()
        {
            First.Signal(1);
            First.Signal(2);
        }

        public void SignalSecond()
        {
            Second.Signal(1);
            Second.Signal(2);
        }

        public void Merge()
        {
            Fence[] all = [First.GetFence(1), Second.GetFence(2), First.GetFence(2), Second.GetFence(1)];
            Fence[] merged = [.. all];
            int count = Fence.Merge(merged);
            Assert.InRange(count, 0, 2);
            foreach (Fence fence in all)
            {
                bool isCovered = merged.AsSpan(0, count).ToArray().Any(kept => kept.TimelineName == fence.TimelineName && kept.Point >= fence.Point);
                Assert.True(isCovered || fence.IsSignaled, "a pending fence was dropped");
            }
        }
    }
}
