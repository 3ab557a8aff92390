using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>What a driver adds to a timeline: arming on the first waiter, the hardware's counter, deadlines; and the watchdog over it.</summary>
public class HookExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_device_that_signals_only_when_asked_is_asked_for_every_waiter(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("add against add against a device that is asked", () => new LazyDevice(adders: 2))
                .Thread("adder", state => state.Add(1))
                .Thread("later adder", state => state.Add(2))
                .Thread("device", state => state.SignalWhatIsAskedFor())
                .AtEnd(state => state.CheckAllRan()),
            preemptions,
            memory);

    [Fact]
    public void A_device_that_is_done_already_says_so_when_it_is_asked() =>
        Verify(
            Scenario.Of("add against hardware that finishes", () => new PolledDevice())
                .Thread("adder", state => state.Add())
                .Thread("hardware", state => state.FinishAndInterrupt())
                .Thread("onlooker", state => state.Timeline.TryPoll())
                .AtEnd(state => state.CheckRan()),
            preemptions: 3);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 5)]
    [InlineData(MemoryModel.TotalStoreOrder, 3)]
    public void The_soonest_deadline_wins(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("deadline against deadline", () => new HurriedDevice())
                .Thread("patient", state => state.Ask(seconds: 9))
                .Thread("hurried", state => state.Ask(seconds: 2))
                .AtEnd(state => state.CheckSoonest(seconds: 2)),
            preemptions,
            memory);

    [Fact]
    public void A_deadline_of_a_point_that_signals_is_forgotten() =>
        Verify(
            Scenario.Of("deadline against signal", () => new HurriedDevice())
                .Thread("hurried", state => state.Ask(seconds: 2))
                .Thread("device", state => state.Timeline.Signal(1))
                .AtEnd(state => Assert.False(state.Timeline.TryGetDeadline(out _))),
            preemptions: 5);

    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 2)]
    [InlineData(MemoryModel.TotalStoreOrder, 0)]
    public void A_watchdog_and_a_signal_agree_on_the_outcome(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("watchdog against signal against add", () => new WatchedDevice())
                .Thread("clock", state => state.PassTime(looks: 6))
                .Thread("device", state => state.Signal())
                .Thread("adder", state => state.Add())
                .AtEnd(state => state.CheckOutcome()),
            preemptions,
            memory);

    [Fact]
    public void A_watchdog_spares_a_point_that_was_issued_late() =>
        Verify(
            Scenario.Of("watchdog against issue", () => new WatchedDevice())
                .Thread("clock", state => state.PassTime(looks: 5))
                .Thread("issuer", state => state.IssueAnother())
                .AtEnd(state => state.CheckNotEarly()),
            preemptions: 4);

    private sealed class LazyDevice
    {
        private readonly FenceTimeline _timeline;
        private readonly CountingCallback[] _callbacks = [new(), new()];
        private readonly bool[] _isAdded = new bool[2];
        private ulong _asked;
        private int _adders;

        public LazyDevice(int adders)
        {
            _adders = adders;
            _timeline = new FenceTimeline("device", new FenceTimelineOptions { EnableSignaling = Ask });
            _timeline.Issue(2);
        }

        public void Add(ulong point)
        {
            _isAdded[point - 1] = _timeline.GetFence(point).TryAddCallback(_callbacks[point - 1]);
            Interlocked.Decrement(ref _adders);
        }

        /// <summary>Does nothing of its own accord.</summary>
        public void SignalWhatIsAskedFor()
        {
            while (true)
            {
                Explored.WaitUntil(() => _asked > _timeline.Completed || _adders == 0, "somebody asks");
                ulong asked = Volatile.Read(ref _asked);
                if (asked <= _timeline.Completed)
                {
                    return;
                }

                _timeline.Signal(asked);
            }
        }

        public void CheckAllRan()
        {
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(_isAdded[i] ? 1 : 0, _callbacks[i].Runs);
                Assert.True(_isAdded[i] || _timeline.GetFence((ulong)i + 1).IsSignaled);
            }
        }

        private bool Ask(ulong point)
        {
            // Called at most once for a point, and for the highest in the end; two calls may still cross on their way in here.
            ulong asked = Volatile.Read(ref _asked);
            while (asked < point)
            {
                ulong seen = Interlocked.CompareExchange(ref _asked, point, asked);
                asked = seen == asked ? point : seen;
            }

            return true;
        }
    }

    /// <summary>Hardware with a counter. Its interrupt comes only if somebody had asked for it when the work was done.</summary>
    private sealed class PolledDevice
    {
        private readonly CountingCallback _callback = new();
        private ulong _hardware;
        private int _interrupts;
        private bool _isAdded;

        public PolledDevice()
        {
            Timeline = new FenceTimeline("device", new FenceTimelineOptions { EnableSignaling = Enable, Poll = () => Volatile.Read(ref _hardware) });
            Timeline.Issue();
        }

        public FenceTimeline Timeline { get; }

        public void Add() => _isAdded = Timeline.GetFence(1).TryAddCallback(_callback);

        public void FinishAndInterrupt()
        {
            Interlocked.Exchange(ref _hardware, 1);
            if (Volatile.Read(ref _interrupts) != 0)
            {
                Timeline.Signal(1);
            }
        }

        public void CheckRan()
        {
            Assert.True(Timeline.GetFence(1).IsSignaled, "neither an interrupt nor a look");
            Assert.Equal(_isAdded ? 1 : 0, _callback.Runs);
        }

        private bool Enable(ulong point)
        {
            Interlocked.Exchange(ref _interrupts, 1);
            return Volatile.Read(ref _hardware) < point;
        }
    }

    private sealed class HurriedDevice
    {
        private readonly ManualClock _clock = new();
        private long _soonestHeard = long.MaxValue;

        public HurriedDevice()
        {
            Timeline = new FenceTimeline("device", new FenceTimelineOptions
            {
                TimeProvider = _clock,
                DeadlineChanged = (_, timestamp) => _soonestHeard = Math.Min(_soonestHeard, timestamp),
            });
            Timeline.Issue();
        }

        public FenceTimeline Timeline { get; }

        public void Ask(int seconds) => Timeline.GetFence(1).SetDeadline(TimeSpan.FromSeconds(seconds));

        public void CheckSoonest(int seconds)
        {
            Assert.True(Timeline.TryGetDeadline(out long deadline));
            Assert.Equal(TimeSpan.FromSeconds(seconds).Ticks, deadline);
            Assert.Equal(deadline, _soonestHeard);
        }
    }

    private sealed class WatchedDevice
    {
        private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(4);
        private readonly ManualClock _clock = new();
        private readonly CountingCallback _callback = new();
        private readonly FenceTimeline _timeline;
        private readonly Fence _first;
        private Fence _late;
        private long _issuedLate;
        private bool _isAdded;
        private bool _signaledIt;

        public WatchedDevice()
        {
            _timeline = new FenceTimeline("device", new FenceTimelineOptions { TimeProvider = _clock, Watchdog = s_limit });
            _first = _timeline.Issue();
        }

        public void PassTime(int looks)
        {
            for (int look = 0; look < looks; look++)
            {
                _clock.Advance(s_limit / 4);
            }
        }

        public void Signal() => _signaledIt = _timeline.Signal(1);

        public void Add() => _isAdded = _first.TryAddCallback(_callback);

        public void IssueAnother()
        {
            _late = _timeline.Issue();
            _issuedLate = _clock.GetTimestamp();
        }

        public void CheckOutcome()
        {
            FenceStatus expected = _signaledIt ? FenceStatus.Signaled : FenceStatus.Faulted;
            Assert.Equal(expected, _first.Status);
            Assert.Equal(_isAdded ? 1 : 0, _callback.Runs);
            Assert.Equal(_isAdded ? expected : FenceStatus.Pending, _callback.Status);
        }

        /// <summary>The point that was there from the start is overdue; the other one only if it had its whole limit.</summary>
        public void CheckNotEarly()
        {
            Assert.Equal(FenceStatus.Faulted, _first.Status);
            bool hadItsTime = _clock.GetElapsedTime(_issuedLate) >= s_limit;
            Assert.True(hadItsTime || _late.Status == FenceStatus.Pending, "faulted before its time was over");
        }
    }
}
