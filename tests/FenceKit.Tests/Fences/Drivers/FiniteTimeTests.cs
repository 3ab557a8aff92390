// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit.Tests.Fences;

/// <summary>Every fence ends in finite time: watchdogs, and timelines that nobody can reach any more. Rule R1, R25.</summary>
public class FiniteTimeTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(8);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void A_point_that_is_late_faults_and_the_error_names_timeline_point_and_issuer()
    {
        using FenceTimeline timeline = new("ring", Options(tracked: 4));
        _clock.Advance(TimeSpan.FromSeconds(3));
        Fence fence = timeline.Issue();
        RecordingCallback callback = new();
        Assert.True(fence.TryAddCallback(callback));

        _clock.Advance(s_limit - TimeSpan.FromTicks(1));
        Assert.Equal(FenceStatus.Pending, fence.Status);
        _clock.Advance(s_limit / 2);

        FenceTimeoutException error = Assert.IsType<FenceTimeoutException>(callback.Error);
        Assert.Same(error, fence.Error);
        Assert.Equal(("ring", 1UL), (error.TimelineName, error.Point));
        Assert.Contains(nameof(A_point_that_is_late_faults_and_the_error_names_timeline_point_and_issuer), error.Issuer, StringComparison.Ordinal);
        Assert.Contains(error.Issuer!, error.Message, StringComparison.Ordinal);
        Assert.False(timeline.Signal(fence));
    }

    [Fact]
    public void A_point_that_is_late_and_of_an_unknown_issuer_names_the_option_that_would_tell()
    {
        using FenceTimeline timeline = new("ring", Options());
        Fence fence = timeline.Issue();
        _clock.Advance(s_limit * 2);
        Assert.Contains($"{nameof(FenceTimelineOptions)}.{nameof(FenceTimelineOptions.TrackedIssuers)}", fence.Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_that_is_signaled_in_time_is_left_alone_and_so_are_later_ones()
    {
        using FenceTimeline timeline = new("ring", Options());
        for (int i = 0; i < 40; i++)
        {
            Fence fence = timeline.Issue();
            _clock.Advance(s_limit / 3);
            Assert.Equal(FenceStatus.Pending, fence.Status);
            Assert.True(timeline.Signal(fence));
        }

        Fence late = timeline.Issue();
        _clock.Advance(s_limit / 2);
        Fence young = timeline.Issue();
        _clock.Advance(s_limit);
        Assert.Equal(FenceStatus.Faulted, late.Status);
        Assert.Equal(FenceStatus.Pending, young.Status);
        Assert.True(timeline.Signal(young));
    }

    [Fact]
    public void A_slot_of_a_pool_that_is_late_faults_and_goes_back()
    {
        using FencePool pool = new("pool", 2, Options());
        Assert.True(pool.TryRent(out FenceSource late));
        Assert.Equal(1, _clock.ActiveTimers);
        _clock.Advance(2 * s_limit);
        Assert.IsType<FenceTimeoutException>(late.Fence.Error);
        Assert.Equal(2, pool.Available);
        Assert.False(late.TrySignal());
        Assert.Equal(2, pool.Available);
    }

    [Fact]
    public void Disposing_stops_the_watchdog()
    {
        FenceTimeline timeline = new("ring", Options());
        FencePool pool = new("pool", 2, Options());
        timeline.Dispose();
        pool.Dispose();
        Assert.Equal(0, _clock.ActiveTimers);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FenceTimeline("x", new FenceTimelineOptions { Watchdog = TimeSpan.Zero }));
    }

    [Fact]
    public void A_timeline_that_is_collected_with_points_pending_faults_its_waiters_and_says_who_issued_them()
    {
        RecordingCallback callback = new();
        Drop(callback);

        Limit.Until(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return callback.Calls == 1;
            },
            "The fault of the abandoned fence");

        FenceAbandonedException error = Assert.IsType<FenceAbandonedException>(callback.Error);
        Assert.Equal("dropped", error.TimelineName);
        Assert.Contains(nameof(Drop), error.Issuer, StringComparison.Ordinal);
        Assert.Contains("collected with points 1..2 pending", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_timeline_says_who_issued_what_was_pending()
    {
        FenceTimeline timeline = new("ring", new FenceTimelineOptions { TrackedIssuers = 1 });
        Fence fence = timeline.Issue(3);
        timeline.Dispose();
        FenceAbandonedException error = Assert.IsType<FenceAbandonedException>(fence.Error);
        Assert.Contains(nameof(A_disposed_timeline_says_who_issued_what_was_pending), error.Message, StringComparison.Ordinal);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(RecordingCallback callback)
    {
        FenceTimeline timeline = new("dropped", new FenceTimelineOptions { TrackedIssuers = 4 });
        timeline.Issue();
        Assert.True(timeline.Issue().TryAddCallback(new Forwarder(callback)));
    }

    private FenceTimelineOptions Options(int tracked = 0) => new() { TimeProvider = _clock, Watchdog = s_limit, TrackedIssuers = tracked };

    /// <summary>The test must not hold the node: it leads to the timeline.</summary>
    private sealed class Forwarder(RecordingCallback to) : FenceCallback
    {
        protected override void OnSignaled(FenceStatus status, Exception? fault) => to.Record(status, fault);
    }
}
