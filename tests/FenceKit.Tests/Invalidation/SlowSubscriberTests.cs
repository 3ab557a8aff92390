// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace FenceKit.Tests.Invalidation;

/// <summary>Callbacks that take too long, and what else the event source tells. Numbers are those of docs/invalidation-scenarios.md.</summary>
[Collection(AloneCollection.Name)]
public sealed class SlowSubscriberTests
{
    private static readonly AddressRange s_page = new(0x1000, 0x2000);
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void A_callback_over_the_threshold_is_counted_and_reported_with_the_stack_of_its_caller() // 99
    {
        using Events events = new();
        using InvalidationNotifier notifier = Notifier(TimeSpan.FromMilliseconds(5));
        notifier.Subscribe(s_page, new StubSubscriber { Then = _ => _clock.Advance(TimeSpan.FromMilliseconds(5)) }, "as slow as allowed");
        notifier.Subscribe(s_page, new StubSubscriber { Then = _ => _clock.Advance(TimeSpan.FromMilliseconds(7)) }, "slow nic");
        notifier.Subscribe(s_page, new StubSubscriber(), "quick");

        Invalidate(notifier);

        Assert.Equal(1, notifier.GetStatistics().SlowSubscribers);
        string[] report = events.Single("SlowSubscriber", "slow nic");
        Assert.Equal(typeof(StubSubscriber).ToString(), report[1]);
        Assert.Equal(s_page.ToString(), report[2]);
        Assert.Equal("7", report[3]);
        Assert.Contains(nameof(Invalidate), report[4], StringComparison.Ordinal);
    }

    [Fact]
    public void A_callback_that_is_slow_and_throws_is_reported_for_both() // 99, 28
    {
        using Events events = new();
        using InvalidationNotifier notifier = Notifier(TimeSpan.Zero);
        notifier.Subscribe(
            s_page,
            new StubSubscriber
            {
                Then = _ =>
                {
                    _clock.Advance(TimeSpan.FromMilliseconds(1));
                    throw new NotSupportedException("broken");
                },
            },
            "slow and broken");

        Invalidate(notifier);

        Assert.Equal((1, 1), (notifier.GetStatistics().SlowSubscribers, notifier.GetStatistics().SubscriberFaults));
        events.Single("SlowSubscriber", "slow and broken");
        events.Single("SubscriberFaulted", "slow and broken");
    }

    [Fact]
    public void Without_a_threshold_nobody_is_slow_and_no_clock_is_read()
    {
        CountingClock clock = new();
        using InvalidationNotifier notifier = new("memory", new InvalidationNotifierOptions { TimeProvider = clock });
        notifier.Subscribe(s_page, new StubSubscriber(), "quick");
        Invalidate(notifier);
        Assert.Equal(0, clock.Reads);
        Assert.Equal(0, notifier.GetStatistics().SlowSubscribers);
        Assert.Throws<ArgumentOutOfRangeException>(() => Notifier(TimeSpan.FromMilliseconds(-2)));
    }

    [Fact]
    public void A_shutdown_without_time_reports_what_is_quarantined() // 49
    {
        using Events events = new();
        InvalidationNotifier notifier = Notifier(Timeout.InfiniteTimeSpan);
        notifier.Subscribe(s_page, new StubSubscriber { Fence = new FenceTimeline("device").Issue() }, "stuck nic");
        notifier.Dispose();
        string[] report = events.Single("Quarantined", "memory");
        Assert.Equal(("stuck nic", s_page.ToString()), (report[1], report[2]));
    }

    private InvalidationNotifier Notifier(TimeSpan threshold) =>
        new("memory", new InvalidationNotifierOptions { TimeProvider = _clock, SlowSubscriberThreshold = threshold });

    private static void Invalidate(InvalidationNotifier notifier)
    {
        Assert.True(notifier.TrySchedule(s_page, InvalidationReason.Unmap, out InvalidationSession session));
        session.BackOff();
    }

    private sealed class CountingClock : TimeProvider
    {
        internal int Reads { get; private set; }

        public override long GetTimestamp()
        {
            Reads++;
            return base.GetTimestamp();
        }
    }
}

/// <summary>What the event source "FenceKit" says while this lives.</summary>
internal sealed class Events : EventListener
{
    private readonly ConcurrentQueue<(string Name, string[] Payload)> _seen = new();

    /// <summary>The one event of a name that is about somebody.</summary>
    internal string[] Single(string name, string who) =>
        Assert.Single(_seen, seen => seen.Name == name && seen.Payload[0] == who).Payload;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "FenceKit")
        {
            EnableEvents(eventSource, EventLevel.Verbose);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
        _seen.Enqueue((eventData.EventName!, [.. eventData.Payload!.Select(value => value?.ToString() ?? "")]));
}
