// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;
using System.Globalization;

namespace FenceKit.Diagnostics;

/// <summary>The EventSource "FenceKit". The events in this file report problems that nothing else would report.</summary>
[EventSource(Name = "FenceKit")]
internal sealed partial class FenceKitEventSource : EventSource
{
    internal static readonly FenceKitEventSource Log = new();

    private FenceKitEventSource()
    {
    }

    /// <summary>A callback or continuation threw while its fence was being signaled.</summary>
    [NonEvent]
    internal void CallbackFaulted(string timeline, ulong point, Exception exception)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            CallbackFaulted(timeline, point.ToString(CultureInfo.InvariantCulture), TextOf(exception));
        }
    }

    /// <summary>User code other than a callback threw when FenceKit called it.</summary>
    [NonEvent]
    internal void UserCodeFaulted(string origin, string timeline, Exception exception)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            UserFaulted(origin, timeline, TextOf(exception));
        }
    }

    /// <summary>A subscriber threw in TrySchedule.</summary>
    [NonEvent]
    internal void SubscriberFaulted(string subscription, string range, Exception exception)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            SubscriberFaulted(subscription, range, TextOf(exception));
        }
    }

    /// <summary>Memory cannot be freed at the end of its notifier, because a subscriber still uses it.</summary>
    [NonEvent]
    internal void MemoryQuarantined(string notifier, string subscription, string range)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None))
        {
            Quarantined(notifier, subscription, range);
        }
    }

    /// <summary>All handles of an open session were collected, so it can no longer be ended by its owner.</summary>
    [NonEvent]
    internal void SessionForgotten(string notifier, string range, string place)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            Forgotten(notifier, range, place);
        }
    }

    /// <summary>A thread ended without leaving a gate.</summary>
    [NonEvent]
    internal void ReaderEndedInside(string gate, string reader)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None))
        {
            ReaderEnded(gate, reader);
        }
    }

    /// <summary>A timeline was disposed or collected with points pending.</summary>
    [NonEvent]
    internal void TellAbandoned(string? timeline, string message)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            Abandoned(timeline ?? "", message);
        }
    }

    /// <summary>A watchdog faulted points that were not signaled in time.</summary>
    [NonEvent]
    internal void TellTimedOut(string? timeline, string message)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            TimedOut(timeline ?? "", message);
        }
    }

    /// <summary>A wait has lasted longer than its limit.</summary>
    [NonEvent]
    internal void StuckWait(object graph)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            StuckWait(graph.ToString()!);
        }
    }

    /// <summary>A subscriber's callback took longer than its notifier allows.</summary>
    [NonEvent]
    internal void SlowSubscriber<TRange>(string subscription, Type subscriber, TRange range, TimeSpan took)
        where TRange : struct
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None))
        {
            string milliseconds = took.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);
            SlowSubscriber(subscription, subscriber.ToString(), range.ToString() ?? "", milliseconds, Environment.StackTrace);
        }
    }

    /// <summary>A subscription was disposed, and its fences did not signal within the time limit.</summary>
    [NonEvent]
    internal void LeftWhilePending(string subscription, string range)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None))
        {
            LeftPending(subscription, range);
        }
    }

    /// <summary>A device was declared lost: every pending command of its queue faults.</summary>
    [NonEvent]
    internal void TellDeviceLost(string queue, Exception reason)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            DeviceLost(queue, MessageOf(reason));
        }
    }

    [Event(24, Level = EventLevel.Error, Message = "The device of the queue {0} is lost: {1}")]
    private void DeviceLost(string queue, string reason) => WriteEvent(24, queue, reason);

    [Event(5, Level = EventLevel.Warning, Message = "{0} ({1}) took {3} ms to schedule the invalidation of {2}; called from {4}")]
    private void SlowSubscriber(string subscription, string subscriber, string range, string milliseconds, string stack) =>
        WriteEvent(5, subscription, subscriber, range, milliseconds, stack);

    [Event(6, Level = EventLevel.Warning, Message = "{0} was unsubscribed from {1} while fences that it handed out were pending")]
    private void LeftPending(string subscription, string range) => WriteEvent(6, subscription, range);

    [Event(40, Level = EventLevel.Error, Message = "The invalidation of {1} by {0}, scheduled at {2}, was forgotten: nobody committed it or backed off. It was backed off")]
    private void Forgotten(string notifier, string range, string place) => WriteEvent(40, notifier, range, place);

    [Event(12, Level = EventLevel.Error, Message = "A wait for a fence is stuck: {0}")]
    private void StuckWait(string graph) => WriteEvent(12, graph);

    [Event(10, Level = EventLevel.Error, Message = "Fences of {0} were abandoned: {1}")]
    private void Abandoned(string timeline, string message) => WriteEvent(10, timeline, message);

    [Event(11, Level = EventLevel.Error, Message = "Fences of {0} were late: {1}")]
    private void TimedOut(string timeline, string message) => WriteEvent(11, timeline, message);

    [Event(1, Level = EventLevel.Error, Message = "A callback of {0}:{1} threw: {2}")]
    private void CallbackFaulted(string timeline, string point, string exception) => WriteEvent(1, timeline, point, exception);

    [Event(30, Level = EventLevel.Error, Message = "The code of a user threw, {0} (timeline {1}): {2}")]
    private void UserFaulted(string origin, string timeline, string exception) => WriteEvent(30, origin, timeline, exception);

    [Event(2, Level = EventLevel.Error, Message = "The subscriber {0} threw while {1} was being invalidated: {2}")]
    private void SubscriberFaulted(string subscription, string range, string exception) => WriteEvent(2, subscription, range, exception);

    [Event(3, Level = EventLevel.Warning, Message = "The reader {1} of the gate {0} ended without leaving it")]
    private void ReaderEnded(string gate, string reader) => WriteEvent(3, gate, reader);

    [Event(4, Level = EventLevel.Warning, Message = "{2} of {0} is quarantined: {1} has not let go of it")]
    private void Quarantined(string notifier, string subscription, string range) => WriteEvent(4, notifier, subscription, range);

    /// <summary>
    /// Returns the text of an exception. ToString of an exception may be user code and may throw, which must not disturb the report.
    /// </summary>
    [NonEvent]
    private static string TextOf(Exception exception)
    {
        try
        {
            return exception.ToString();
        }
        catch (Exception)
        {
            return $"{exception.GetType()} (its ToString threw)";
        }
    }

    /// <inheritdoc cref="TextOf"/>
    [NonEvent]
    private static string MessageOf(Exception exception)
    {
        try
        {
            return exception.Message ?? "";
        }
        catch (Exception)
        {
            return $"{exception.GetType()} (its Message threw)";
        }
    }
}
