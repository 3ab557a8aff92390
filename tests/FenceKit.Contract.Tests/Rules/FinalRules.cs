// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;

namespace FenceKit.Contract.Tests.Rules;

/// <summary>Rules 1 and 14 of docs/contract.md. They are kept by the library itself: it faults or throws, whether the validator is on or not.</summary>
public class FinalRules : ContractTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_fence_that_does_not_signal_in_time_faults_and_is_reported_once()
    {
        ManualTimeProvider clock = new();
        using Events events = new();
        using FenceTimeline timeline = new("engine", new FenceTimelineOptions { Watchdog = s_limit, TimeProvider = clock, TrackedIssuers = 1 });
        Fence fence = timeline.Issue();

        clock.Advance(s_limit * 3);

        Assert.Equal(FenceStatus.Faulted, fence.GetStatus(out Exception? error));
        FenceTimeoutException late = Assert.IsType<FenceTimeoutException>(error);
        Assert.Equal("engine", late.TimelineName);
        Assert.Contains(nameof(A_fence_that_does_not_signal_in_time_faults_and_is_reported_once), late.Message, StringComparison.Ordinal);
        Assert.Equal(["TimedOut"], events.Names);
        Silent();
    }

    [Fact]
    public void A_fence_whose_producer_goes_away_faults_at_once()
    {
        FenceTimeline timeline = new("engine");
        Fence fence = timeline.Issue();

        timeline.Dispose();

        Assert.Equal(FenceStatus.Faulted, fence.GetStatus(out Exception? error));
        Assert.IsType<FenceAbandonedException>(error);
        Silent();
    }

    [Fact]
    public void A_fence_that_signals_in_time_is_silent()
    {
        ManualTimeProvider clock = new();
        using Events events = new();
        using FenceTimeline timeline = new("engine", new FenceTimelineOptions { Watchdog = s_limit, TimeProvider = clock });
        Fence fence = timeline.Issue();

        clock.Advance(s_limit / 2);
        timeline.Signal(fence);
        clock.Advance(s_limit * 3);

        Assert.Equal(FenceStatus.Signaled, fence.Status);
        Assert.Empty(events.Names);
        Silent();
    }

    [Fact]
    public void Memory_that_somebody_still_uses_cannot_be_committed()
    {
        InvalidationNotifier notifier = new("pool");
        Driver driver = new("engine");
        notifier.Subscribe(s_range, driver, "engine");
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(session.Commit);

        Assert.Contains("the range is still in use. Wait, or back off. In the way: engine for ", error.Message, StringComparison.Ordinal);
        Assert.False(session.HasEnded);
        Assert.Equal(0, notifier.GetStatistics().Committed);
        session.BackOff();
        Silent();
    }

    [Fact]
    public void Memory_that_everybody_has_let_go_of_is_committed_without_a_word()
    {
        InvalidationNotifier notifier = new("pool");
        Driver driver = new("engine");
        notifier.Subscribe(s_range, driver, "engine");
        Assert.True(notifier.TrySchedule(s_range, InvalidationReason.Unmap, out InvalidationSession session));

        driver.Work();
        session.Commit();

        Assert.True(session.HasEnded);
        Assert.Equal(1, notifier.GetStatistics().Committed);
        Silent();
    }

    /// <summary>What the event source FenceKit says about the timelines of these tests.</summary>
    private sealed class Events : EventListener
    {
        private readonly List<string> _names = []; // under its own lock

        internal string[] Names
        {
            get
            {
                lock (_names)
                {
                    return [.. _names];
                }
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "FenceKit")
            {
                EnableEvents(eventSource, EventLevel.Warning); // what somebody must hear of, not what merely happens
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            // Timelines that other tests left behind may be collected at any time.
            if (eventData.Payload?[0] is "engine" && eventData.EventName != "Abandoned")
            {
                lock (_names)
                {
                    _names.Add(eventData.EventName!);
                }
            }
        }
    }
}
