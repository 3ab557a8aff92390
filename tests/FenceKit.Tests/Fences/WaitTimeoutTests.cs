// SPDX-License-Identifier: MIT
namespace FenceKit.Tests.Fences;

/// <summary>Blocking waits whose time runs out, on a clock that the test moves.</summary>
public class WaitTimeoutTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _clock = new();
    private readonly FenceTimeline _timeline;

    public WaitTimeoutTests() => _timeline = new FenceTimeline("device", new FenceTimelineOptions { TimeProvider = _clock });

    [Fact] // Kernel scenario 10, wait_timeout, first half.
    public void A_wait_whose_time_runs_out_says_pending_and_leaves_nothing_behind()
    {
        Fence fence = _timeline.Issue();
        FenceStatus? status = null;
        TestThread thread = TestThread.Start(() => status = fence.Wait(2 * s_tick));
        _clock.UntilTimerIsSet();
        thread.UntilBlocked();

        _clock.Advance(s_tick);
        Assert.True(_timeline.IsWaitedFor());
        _clock.Advance(s_tick);
        thread.Join();

        Assert.Equal(FenceStatus.Pending, status);
        Assert.Equal(0, _clock.ActiveTimers);
        TimelineProbe.AssertQuiet(_timeline);
        Assert.True(_timeline.Signal(fence));
    }

    [Fact] // Kernel scenario 10, wait_timeout, second half.
    public void A_wait_that_is_signaled_in_time_says_signaled_and_stops_its_timer()
    {
        Fence fence = _timeline.Issue();
        FenceStatus? status = null;
        TestThread thread = TestThread.Start(() => status = fence.Wait(2 * s_tick));
        _clock.UntilTimerIsSet();

        _clock.Advance(s_tick);
        _timeline.Signal(fence);
        thread.Join();

        Assert.Equal(FenceStatus.Signaled, status);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    [Fact]
    public void A_fence_that_signals_as_the_time_expires_counts_as_signaled()
    {
        // The waiter is at the end of its time, and has to ask its clock for that; at that very moment the fence signals.
        ExpiringClock clock = new();
        using FenceTimeline clocked = new("clocked", new FenceTimelineOptions { TimeProvider = clock });
        Fence watched = clocked.Issue();
        clock.AtExpiry = () => clocked.Signal(watched);

        TestThread.Run(() => Assert.Equal(FenceStatus.Signaled, watched.Wait(s_tick)));
    }

    [Fact]
    public void A_timer_that_fires_before_the_clock_says_so_neither_ends_the_wait_nor_prolongs_it_for_ever()
    {
        Fence fence = _timeline.Issue();
        FenceStatus? status = null;
        TestThread thread = TestThread.Start(() => status = fence.Wait(s_tick));
        _clock.UntilTimerIsSet();
        thread.UntilBlocked();

        _clock.FireNextTimerEarly();
        _clock.UntilTimerIsSet();
        Assert.Null(status);
        _clock.Advance(s_tick);
        thread.Join();

        Assert.Equal(FenceStatus.Pending, status);
    }

    [Fact]
    public void Without_a_limit_no_timer_is_set_and_the_clock_is_not_asked()
    {
        Fence fence = _timeline.Issue();
        TestThread thread = TestThread.Start(() => Assert.Equal(FenceStatus.Signaled, fence.Wait(Timeout.InfiniteTimeSpan)));
        thread.UntilBlocked();

        Assert.Equal(0, _clock.ActiveTimers);
        _timeline.Signal(fence);
        thread.Join();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_longest_timeout_there_is_can_be_given(bool ownClock)
    {
        TimeProvider clock = ownClock ? _clock : TimeProvider.System;
        using FenceTimeline timeline = new("patient", new FenceTimelineOptions { TimeProvider = clock });
        Fence fence = timeline.Issue();
        TestThread thread = TestThread.Start(() => Assert.Equal(FenceStatus.Signaled, fence.Wait(TimeSpan.FromMilliseconds(uint.MaxValue - 1))));
        thread.UntilBlocked();

        timeline.Signal(fence);
        thread.Join();
    }

    [Fact]
    public void A_short_timeout_on_the_systems_clock_ends_by_itself()
    {
        using FenceTimeline timeline = new("system clock");
        Fence fence = timeline.Issue();

        TestThread.Run(() => Assert.Equal(FenceStatus.Pending, fence.Wait(TimeSpan.FromMilliseconds(5))));
        TimelineProbe.AssertQuiet(timeline);
    }

    /// <summary>Its time stands at zero when the wait begins and is over when it is asked again; asking then does something first.</summary>
    private sealed class ExpiringClock : TimeProvider
    {
        private int _asked;

        internal Action AtExpiry { get; set; } = () => { };

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            if (++_asked == 1)
            {
                return 0;
            }

            AtExpiry();
            return TimeSpan.FromDays(1).Ticks;
        }
    }
}
