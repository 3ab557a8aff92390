// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;
using System.Globalization;

namespace FenceKit.Diagnostics;

// The events that listeners enable by keywords. Signaling a fence, and running its callbacks, writes no event; the meter counts these.
internal sealed partial class FenceKitEventSource
{
    /// <summary>The keywords of events. Events without a keyword are not reported in any other way, so every listener gets them.</summary>
    public static class Keywords
    {
        /// <summary>Timelines that were created or disposed.</summary>
        public const EventKeywords Lifetime = (EventKeywords)1;

        /// <summary>Points that completed with an error.</summary>
        public const EventKeywords Faults = (EventKeywords)2;

        /// <summary>Threads that block until a fence signals.</summary>
        public const EventKeywords Waits = (EventKeywords)4;

        /// <summary>Pools and queues that are full.</summary>
        public const EventKeywords Pressure = (EventKeywords)8;

        /// <summary>Wound-wait locks.</summary>
        public const EventKeywords Locks = (EventKeywords)16;

        /// <summary>Requests to drivers to enable signaling.</summary>
        public const EventKeywords Drivers = (EventKeywords)32;
    }

    [NonEvent]
    internal void Created(string timeline)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Lifetime))
        {
            TimelineCreated(timeline);
        }
    }

    [NonEvent]
    internal void Disposed(string timeline, ulong completed, ulong issued)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Lifetime))
        {
            TimelineDisposed(timeline, Text(completed), Text(issued));
        }
    }

    [NonEvent]
    internal void Faulted(string timeline, ulong first, ulong last, Exception error, bool poison)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Faults))
        {
            PointsFaulted(timeline, poison ? $"{first} and all later ones" : $"{first}..{last}", MessageOf(error));
        }
    }

    [NonEvent]
    internal void BlockingWaitStart(string? timeline, ulong point)
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Waits))
        {
            WaitStart(timeline ?? "", Text(point));
        }
    }

    [NonEvent]
    internal void BlockingWaitStop<TStatus>(string? timeline, ulong point, TStatus outcome)
        where TStatus : struct, Enum
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Waits))
        {
            WaitStop(timeline ?? "", Text(point), outcome.ToString());
        }
    }

    [NonEvent]
    internal void SignalingEnabled(string timeline, ulong point)
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Drivers))
        {
            DriverArmed(timeline, Text(point));
        }
    }

    [NonEvent]
    internal void PoolExhausted(string pool, int capacity)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Pressure))
        {
            PoolFull(pool, capacity);
        }
    }

    [NonEvent]
    internal void CompletionQueueFull(int capacity)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Pressure))
        {
            QueueFull(capacity);
        }
    }

    [NonEvent]
    internal void LockBackedOff(string lockClass, ulong ticket)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Locks))
        {
            BackedOff(lockClass, Text(ticket));
        }
    }

    /// <summary>The producer of a shared timeline has ended, or its memory has invalid content.</summary>
    [NonEvent]
    internal void SharedTimelineEnded(string timeline, Exception error)
    {
        if (IsEnabled(EventLevel.Error, EventKeywords.None))
        {
            SharedEnded(timeline, MessageOf(error));
        }
    }

    [NonEvent]
    internal void CumulativelySignaled(string timeline, ulong first, ulong last)
    {
        if (IsEnabled(EventLevel.Warning, EventKeywords.None))
        {
            Cumulative(timeline, Text(first), Text(last));
        }
    }

    [Event(23, Level = EventLevel.Warning, Message = "One signal of {0} completed the points {1} to {2}, of several commands")]
    private void Cumulative(string timeline, string first, string last) => WriteEvent(23, timeline, first, last);

    [Event(22, Level = EventLevel.Error, Message = "The shared timeline {0} has ended: {1}")]
    private void SharedEnded(string timeline, string message) => WriteEvent(22, timeline, message);

    [Event(13, Level = EventLevel.Informational, Keywords = Keywords.Lifetime, Message = "The timeline {0} was made")]
    private void TimelineCreated(string timeline) => WriteEvent(13, timeline);

    [Event(14, Level = EventLevel.Informational, Keywords = Keywords.Lifetime, Message = "The timeline {0} was disposed at {1} of {2}")]
    private void TimelineDisposed(string timeline, string completed, string issued) => WriteEvent(14, timeline, completed, issued);

    [Event(15, Level = EventLevel.Informational, Keywords = Keywords.Faults, Message = "The points {1} of {0} faulted: {2}")]
    private void PointsFaulted(string timeline, string points, string error) => WriteEvent(15, timeline, points, error);

    [Event(16, Level = EventLevel.Verbose, Keywords = Keywords.Waits, Opcode = EventOpcode.Start, Task = Tasks.Wait, Message = "A thread sleeps for {0}:{1}")]
    private void WaitStart(string timeline, string point) => WriteEvent(16, timeline, point);

    [Event(17, Level = EventLevel.Verbose, Keywords = Keywords.Waits, Opcode = EventOpcode.Stop, Task = Tasks.Wait, Message = "The wait for {0}:{1} is over: {2}")]
    private void WaitStop(string timeline, string point, string outcome) => WriteEvent(17, timeline, point, outcome);

    [Event(18, Level = EventLevel.Verbose, Keywords = Keywords.Drivers, Message = "The driver of {0} is asked to signal {1}")]
    private void DriverArmed(string timeline, string point) => WriteEvent(18, timeline, point);

    [Event(19, Level = EventLevel.Informational, Keywords = Keywords.Pressure, Message = "All {1} slots of the pool {0} are pending")]
    private void PoolFull(string pool, int capacity) => WriteEvent(19, pool, capacity);

    [Event(20, Level = EventLevel.Informational, Keywords = Keywords.Pressure, Message = "A completion queue has no room beyond {0}")]
    private void QueueFull(int capacity) => WriteEvent(20, capacity);

    [Event(21, Level = EventLevel.Informational, Keywords = Keywords.Locks, Message = "The context {0} #{1} was told to back off")]
    private void BackedOff(string lockClass, string ticket) => WriteEvent(21, lockClass, ticket);

    [NonEvent]
    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Activities that have a start and a stop event.</summary>
    public static class Tasks
    {
        /// <summary>A thread blocks until a fence signals.</summary>
        public const EventTask Wait = (EventTask)1;
    }
}
