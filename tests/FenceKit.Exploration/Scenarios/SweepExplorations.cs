using Xunit.Abstractions;

namespace FenceKit.Exploration;

/// <summary>A reclaim sweep whose ranges are busy: it comes back when the fence in the way has signaled, and no wake-up is lost.</summary>
public class SweepExplorations(ITestOutputHelper output) : ExplorationTests(output)
{
    [Theory]
    [InlineData(MemoryModel.SequentiallyConsistent, 3)]
    [InlineData(MemoryModel.TotalStoreOrder, 1)]
    public void A_busy_range_is_reclaimed_when_its_fence_signals(MemoryModel memory, int preemptions) =>
        Verify(
            Scenario.Of("sweep of a busy range against signal", () => new SweptMemory(busy: 1))
                .Thread("sweeper", state => state.Sweep())
                .Thread("device", state => state.SignalNext(1))
                .AtEnd(state => state.CheckReclaimed(2)),
            preemptions,
            memory);

    [Fact]
    public void Ranges_that_become_free_one_after_the_other_are_all_reclaimed() =>
        Verify(
            Scenario.Of("sweep of two busy ranges against signals", () => new SweptMemory(busy: 2))
                .Thread("sweeper", state => state.Sweep())
                .Thread("device", state =>
                {
                    state.SignalNext(1);
                    state.SignalNext(2);
                })
                .AtEnd(state => state.CheckReclaimed(2)),
            preemptions: 2);

    [Fact]
    public void A_sweep_that_is_canceled_remembers_what_is_left() =>
        Verify(
            Scenario.Of("sweep against signal against cancel", () => new SweptMemory(busy: 1))
                .Thread("sweeper", state => state.Sweep())
                .Thread("device", state => state.SignalNext(1))
                .Thread("canceler", state => Explored.Cancel(state.Cancellation))
                .AtEnd(state => state.CheckNothingLost()),
            preemptions: 1);

    /// <summary>Two ranges; the device holds the first so many of them until it signals.</summary>
    private sealed class SweptMemory : IInvalidationSubscriber, IReclaimOwner
    {
        private static readonly AddressRange[] s_ranges = [new(0x1000, 0x2000), new(0x3000, 0x4000)];
        private readonly InvalidationNotifier _notifier = new("memory", new InvalidationNotifierOptions { PoolProvider = new TwinPoolProvider() });
        private readonly FenceTimeline _device = new("device");
        private readonly ReclaimSweep _sweep;
        private readonly int _busy;
        private readonly bool[] _isFree = new bool[2];
        private ReclaimProgress _progress;

        public SweptMemory(int busy)
        {
            _busy = busy;
            _device.Issue((ulong)busy);
            _notifier.Subscribe(AddressRange.All, this, "device");
            _sweep = new ReclaimSweep(_notifier, InvalidationReason.Discard, this);
        }

        public CancellationTokenSource Cancellation { get; } = new();

        public bool TrySchedule(in InvalidationRequest request, out Fence fence)
        {
            int range = Array.IndexOf(s_ranges, request.Range);
            fence = range < _busy ? _device.GetFence((ulong)range + 1) : default;
            return true;
        }

        public void Sweep() => _progress = _sweep.Run(s_ranges, Timeout.InfiniteTimeSpan, progress: null, Cancellation.Token);

        public void SignalNext(ulong point) => _device.Signal(point);

        public void Park(AddressRange range) => Assert.False(_isFree[Array.IndexOf(s_ranges, range)], "parked after it was freed");

        public void Free(AddressRange range)
        {
            int index = Array.IndexOf(s_ranges, range);
            Assert.True(index >= _busy || _device.GetFence((ulong)index + 1).IsSignaled, "freed while the device has it");
            Assert.False(_isFree[index], "freed twice");
            _isFree[index] = true;
        }

        public void Restore(AddressRange range) => Assert.False(_isFree[Array.IndexOf(s_ranges, range)], "restored after it was freed");

        public void CheckReclaimed(int count)
        {
            Assert.Equal(count, _progress.Reclaimed);
            Assert.Equal(0, _sweep.Remembered);
            Assert.Equal(0, _notifier.ActiveSessions);
        }

        public void CheckNothingLost()
        {
            Assert.Equal(2, _isFree.Count(free => free) + _sweep.Remembered);
            Assert.Equal(_progress.Remembered, _sweep.Remembered);

            // The next run gets the rest: nothing was forgotten.
            Assert.Equal(0, _sweep.Run([], TimeSpan.Zero).Remembered);
            Assert.All(_isFree, Assert.True);
        }
    }
}
