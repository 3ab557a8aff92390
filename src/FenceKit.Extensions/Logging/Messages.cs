// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>All log messages of FenceKit. An id up to 99 is that of the event, of the event source "FenceKit", that the message comes from.</summary>
internal static partial class Messages
{
    [LoggerMessage(1, LogLevel.Error, "A callback of {Timeline}:{Point} threw: {Error}")]
    internal static partial void CallbackFaulted(this ILogger logger, string timeline, string point, string error);

    [LoggerMessage(2, LogLevel.Error, "The subscriber {Subscription} threw while {Range} was being invalidated: {Error}")]
    internal static partial void SubscriberFaulted(this ILogger logger, string subscription, string range, string error);

    [LoggerMessage(3, LogLevel.Warning, "The reader {Reader} of the gate {Gate} ended without leaving it")]
    internal static partial void ReaderEnded(this ILogger logger, string gate, string reader);

    [LoggerMessage(4, LogLevel.Error, "{Range} of {Notifier} is quarantined: {Subscription} has not let go of it")]
    internal static partial void MemoryQuarantined(this ILogger logger, string notifier, string subscription, string range);

    [LoggerMessage(5, LogLevel.Warning, "{Subscription} ({Subscriber}) took {Milliseconds} ms to schedule the invalidation of {Range}; called from {Stack}")]
    internal static partial void SlowSubscriber(
        this ILogger logger, string subscription, string subscriber, string range, string milliseconds, string stack);

    [LoggerMessage(6, LogLevel.Warning, "{Subscription} was unsubscribed from {Range} while fences that it handed out were pending")]
    internal static partial void LeftWhilePending(this ILogger logger, string subscription, string range);

    [LoggerMessage(10, LogLevel.Error, "Fences of {Timeline} were abandoned: {Reason}")]
    internal static partial void FencesAbandoned(this ILogger logger, string timeline, string reason);

    [LoggerMessage(11, LogLevel.Error, "Fences of {Timeline} were late: {Reason}")]
    internal static partial void FencesTimedOut(this ILogger logger, string timeline, string reason);

    [LoggerMessage(12, LogLevel.Error, "A wait for a fence is stuck: {Graph}")]
    internal static partial void StuckWait(this ILogger logger, string graph);

    [LoggerMessage(15, LogLevel.Warning, "The points {Points} of {Timeline} faulted: {Error}")]
    internal static partial void PointsFaulted(this ILogger logger, string timeline, string points, string error);

    [LoggerMessage(22, LogLevel.Error, "The shared timeline {Timeline} has ended: {Reason}")]
    internal static partial void SharedTimelineEnded(this ILogger logger, string timeline, string reason);

    [LoggerMessage(23, LogLevel.Warning, "One signal of {Timeline} completed the points {First} to {Last}, of several commands")]
    internal static partial void CumulativeSignal(this ILogger logger, string timeline, string first, string last);

    [LoggerMessage(24, LogLevel.Error, "The device of the queue {Queue} is lost: {Reason}")]
    internal static partial void DeviceLost(this ILogger logger, string queue, string reason);

    [LoggerMessage(30, LogLevel.Error, "The code of a user threw, {Origin} (timeline {Timeline}): {Error}")]
    internal static partial void UserCodeFaulted(this ILogger logger, string origin, string timeline, string error);

    [LoggerMessage(40, LogLevel.Error, "The invalidation of {Range} by {Notifier}, scheduled at {Place}, was forgotten: nobody committed it or backed off. It was backed off")]
    internal static partial void SessionForgotten(this ILogger logger, string notifier, string range, string place);

    [LoggerMessage(100, LogLevel.Error, "{Waiter} has waited for {Fence} for {Waited}, held up by {Holders}")]
    internal static partial void StuckFence(this ILogger logger, string waiter, string fence, TimeSpan waited, string holders);

    [LoggerMessage(101, LogLevel.Warning, "{Dropped} messages of FenceKit were dropped, because more came than were written")]
    internal static partial void MessagesDropped(this ILogger logger, long dropped);

    [LoggerMessage(102, LogLevel.Error, "{Part} could not be shut down")]
    internal static partial void ShutdownFailed(this ILogger logger, string part, Exception error);

    [LoggerMessage(103, LogLevel.Information, "{Queues} device queues, {Notifiers} notifiers and {Pools} fence pools are shut down")]
    internal static partial void ShutDown(this ILogger logger, int queues, int notifiers, int pools);

    [LoggerMessage(104, LogLevel.Error, "A watch of FenceKit failed, and goes on")]
    internal static partial void WatchFailed(this ILogger logger, Exception error);

    [LoggerMessage(EventId = 200, Message = "{Kind} ({Confidence}) of {Classes}: {Report}")]
    internal static partial void LockViolationFound(
        this ILogger logger, LogLevel level, LockViolationKind kind, LockConfidence confidence, string classes, string report);
}
