// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Invalidation;

/// <summary>Reclaim makes progress whatever is stuck. Numbers are those of docs/invalidation-scenarios.md.</summary>
public sealed class ReclaimSweepTests : IReclaimOwner
{
    private readonly ManualTimeProvider _clock = new();
    private readonly InvalidationNotifier _notifier;
    private readonly ReclaimSweep _sweep;
    private readonly FenceTimeline _device = new("device");
    private readonly HashSet<AddressRange> _parked = [];
    private readonly List<AddressRange> _freed = [];
    private Action? _onFree;

    public ReclaimSweepTests()
    {
        _notifier = new InvalidationNotifier("memory", new InvalidationNotifierOptions { TimeProvider = _clock });
        _sweep = new ReclaimSweep(_notifier, InvalidationReason.Discard, this);
    }

    [Fact]
    public void With_no_time_it_takes_what_is_free_and_skips_what_is_stuck() // 60
    {
        StubSubscriber[] stuck = [.. Enumerable.Range(0, 10).Select(index => Hold(Range(index * 10), _device.Issue()))];
        ReclaimProgress progress = _sweep.Run(Ranges(100), TimeSpan.Zero);
        Assert.Equal(new ReclaimProgress(Attempts: 100, Reclaimed: 90, Refused: 0, Busy: 10, Faulted: 0, Remembered: 10), progress);
        Assert.Equal(90, _freed.Count);
        Assert.Empty(_parked);
        AddressRange[] remembered = new AddressRange[10];
        Assert.Equal(10, _sweep.CopyRemembered(remembered));
        Assert.Equal(Enumerable.Range(0, 10).Select(index => Range(index * 10)), remembered);

        foreach (StubSubscriber stub in stuck)
        {
            stub.Fence = default;
        }

        Assert.Equal(10, _sweep.Run([], TimeSpan.Zero).Reclaimed); // next time around: 46
        Assert.Equal(0, _sweep.Remembered);
        Assert.Equal(100, _freed.Distinct().Count());
    }

    [Fact]
    public void A_skipped_range_is_tried_again_when_its_fence_signals() // 46
    {
        StubSubscriber busy = Hold(Range(3), _device.Issue());
        StubSubscriber stuck = Hold(Range(7), new FenceTimeline("stuck").Issue());
        ReclaimProgress progress = default;
        TestThread sweeper = TestThread.Start(() => progress = _sweep.Run(Ranges(10), TimeSpan.FromSeconds(5)));
        _clock.UntilTimerIsSet();
        Fence fence = busy.Fence;
        busy.Fence = default;
        _device.Signal(fence);
        Limit.Until(() => busy.Calls == 2, "A second attempt");
        sweeper.UntilBlocked();
        _clock.UntilTimerIsSet();
        _clock.Advance(TimeSpan.FromSeconds(5));
        sweeper.Join();
        Assert.Equal(9, progress.Reclaimed);
        Assert.Equal(1, progress.Remembered);
        Assert.Equal(1, stuck.Calls); // not bothered again: its fence has not signaled
        Assert.Equal(2, progress.Busy);
    }

    [Fact]
    public void The_time_counts_for_everything_and_what_was_not_reached_is_remembered() // 61
    {
        _onFree = () => _clock.Advance(TimeSpan.FromMilliseconds(1));
        ReclaimProgress progress = _sweep.Run(Ranges(100), TimeSpan.FromMilliseconds(5));
        Assert.Equal(5, progress.Reclaimed);
        Assert.Equal(95, progress.Remembered);
        _onFree = null;
        Assert.Equal(95, _sweep.Run([], TimeSpan.FromMilliseconds(5)).Reclaimed);
    }

    [Fact]
    public void Refusals_and_faults_are_counted_and_not_waited_for() // 63, 48
    {
        StubSubscriber refuses = Hold(Range(1), default);
        refuses.Refuses = true;
        Fence lost = _device.Issue();
        StubSubscriber faulty = Hold(Range(2), lost);
        _device.Signal(lost, new InvalidOperationException("lost"));
        ReclaimProgress progress = _sweep.Run(Ranges(4), Timeout.InfiniteTimeSpan);
        Assert.Equal(new ReclaimProgress(Attempts: 4, Reclaimed: 2, Refused: 1, Busy: 0, Faulted: 1, Remembered: 2), progress);
        refuses.Refuses = false;
        faulty.Fence = default;
        Assert.Equal(2, _sweep.Run([], TimeSpan.Zero).Reclaimed);
    }

    [Fact]
    public void A_canceled_run_keeps_what_it_has_and_remembers_the_rest()
    {
        Hold(Range(0), _device.Issue());
        using CancellationTokenSource source = new();
        ReclaimProgress progress = default;
        TestThread sweeper = TestThread.Start(() => progress = _sweep.Run(Ranges(3), Timeout.InfiniteTimeSpan, null, source.Token));
        Limit.Until(() => _freed.Count == 2, "The sweep freeing what is not held");
        source.Cancel();
        sweeper.Join();
        Assert.Equal((2, 1), (progress.Reclaimed, progress.Remembered));
        Assert.Equal(3, _sweep.Run(Ranges(3), TimeSpan.Zero, null, source.Token).Remembered - 1);
    }

    [Fact]
    public void Progress_is_reported_on_the_way_and_at_the_end()
    {
        List<ReclaimProgress> reports = [];
        ReclaimProgress result = _sweep.Run(Ranges(1000), TimeSpan.Zero, new Recorder(reports));
        Assert.Equal([256, 512, 768, 1000], reports.Select(report => report.Reclaimed));
        Assert.Equal([744, 488, 232, 0], reports.Select(report => report.Remembered));
        Assert.Equal(result, reports[^1]);
    }

    [Fact]
    public void When_the_owner_throws_the_others_are_kept()
    {
        _onFree = () =>
        {
            if (_freed.Count == 3)
            {
                throw new InvalidOperationException("cannot free");
            }
        };
        Assert.Throws<InvalidOperationException>(() => _sweep.Run(Ranges(10), TimeSpan.Zero));
        Assert.Equal(7, _sweep.Remembered);
        Assert.Equal(0, _notifier.ActiveSessions);
        _onFree = null;
        Assert.Equal(7, _sweep.Run([], TimeSpan.Zero).Reclaimed);
    }

    [Fact]
    public void A_second_run_at_the_same_time_is_refused()
    {
        _onFree = () => Assert.Throws<InvalidOperationException>(() => _sweep.Run([], TimeSpan.Zero));
        Assert.Equal(1, _sweep.Run(Ranges(1), TimeSpan.Zero).Reclaimed);
    }

    void IReclaimOwner.Park(AddressRange range) => Assert.True(_parked.Add(range));

    void IReclaimOwner.Restore(AddressRange range) => Assert.True(_parked.Remove(range));

    void IReclaimOwner.Free(AddressRange range)
    {
        _parked.Remove(range);
        _freed.Add(range);
        _onFree?.Invoke();
    }

    private static AddressRange Range(int index) => AddressRange.FromLength((ulong)index * 0x1000, 0x1000);

    private static AddressRange[] Ranges(int count) => [.. Enumerable.Range(0, count).Select(Range)];

    private StubSubscriber Hold(AddressRange range, Fence fence)
    {
        StubSubscriber stub = new() { Fence = fence };
        _notifier.Subscribe(range, stub, $"holder of {range}");
        return stub;
    }

    private sealed class Recorder(List<ReclaimProgress> reports) : IProgress<ReclaimProgress>
    {
        public void Report(ReclaimProgress value) => reports.Add(value);
    }
}
