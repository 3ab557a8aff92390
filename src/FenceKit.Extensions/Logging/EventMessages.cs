// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>Maps each event to its message and category.</summary>
internal sealed class EventMessages(ILoggerFactory loggers)
{
    private readonly ILogger _timeline = loggers.CreateLogger(LogCategories.Timeline);
    private readonly ILogger _notifier = loggers.CreateLogger(LogCategories.Notifier);
    private readonly ILogger _gate = loggers.CreateLogger(LogCategories.Gate);
    private readonly ILogger _queue = loggers.CreateLogger(LogCategories.DeviceQueue);

    internal void Write(EventWrittenEventArgs written)
    {
        switch (written.EventId)
        {
            case 1:
                _timeline.CallbackFaulted(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            case 2:
                _notifier.SubscriberFaulted(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            case 3:
                _gate.ReaderEnded(Text(written, 0), Text(written, 1));
                break;
            case 4:
                _notifier.MemoryQuarantined(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            case 5:
                _notifier.SlowSubscriber(Text(written, 0), Text(written, 1), Text(written, 2), Text(written, 3), Text(written, 4));
                break;
            case 6:
                _notifier.LeftWhilePending(Text(written, 0), Text(written, 1));
                break;
            case 10:
                _timeline.FencesAbandoned(Text(written, 0), Text(written, 1));
                break;
            case 11:
                _timeline.FencesTimedOut(Text(written, 0), Text(written, 1));
                break;
            case 12:
                _timeline.StuckWait(Text(written, 0));
                break;
            case 15:
                _timeline.PointsFaulted(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            case 22:
                _timeline.SharedTimelineEnded(Text(written, 0), Text(written, 1));
                break;
            case 23:
                _timeline.CumulativeSignal(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            case 24:
                _queue.DeviceLost(Text(written, 0), Text(written, 1));
                break;
            case 30:
                _timeline.UserCodeFaulted(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            case 40:
                _notifier.SessionForgotten(Text(written, 0), Text(written, 1), Text(written, 2));
                break;
            default:
                break; // informational events are not logged
        }
    }

    private static string Text(EventWrittenEventArgs written, int index) =>
        written.Payload is { } payload && index < payload.Count ? payload[index]?.ToString() ?? "" : "";
}
