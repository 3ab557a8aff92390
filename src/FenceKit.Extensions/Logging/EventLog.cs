// SPDX-License-Identifier: MIT
using System.Diagnostics.Tracing;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions;

/// <summary>
/// Writes the events of the event source "FenceKit" to the log. Events are raised on threads that signal, invalidate or finalize, and must
/// not block there, but loggers may block. So the events go through a bounded channel, and a task logs them.
/// </summary>
internal sealed class EventLog : EventListener
{
    private const string SourceName = "FenceKit";
    private const int Room = 1024;
    private const EventKeywords Faults = (EventKeywords)2;

    // A keyword that no event has: with no keyword at all, a listener gets the events of all keywords.
    private const EventKeywords NoKeyword = (EventKeywords)(1L << 40);

    // Initialized before the base constructor, which may already call OnEventSourceCreated. Fields that the constructor sets are not.
    private readonly Lock _lock = new();
    private EventSource? _source; // under the lock
    private bool _isOpen;         // under the lock

    private readonly Channel<EventWrittenEventArgs> _events;
    private readonly EventMessages _messages;
    private readonly ILogger _own;
    private readonly EventKeywords _keywords;
    private readonly Task _writing;
    private long _dropped;

    /// <param name="loggers">Creates the loggers.</param>
    /// <param name="withFaults">Whether fences that fault are logged.</param>
    internal EventLog(ILoggerFactory loggers, bool withFaults)
    {
        _messages = new EventMessages(loggers);
        _own = loggers.CreateLogger(LogCategories.Extensions);
        _events = Channel.CreateBounded<EventWrittenEventArgs>(
            new BoundedChannelOptions(Room) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));
        _keywords = withFaults ? Faults : NoKeyword;
        _writing = WriteAsync();
        Open();
    }

    /// <summary>Stops listening, and logs the events that have arrived so far.</summary>
    internal async Task CloseAsync()
    {
        Dispose();
        _events.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        base.OnEventSourceCreated(eventSource);
        if (eventSource.Name != SourceName)
        {
            return;
        }

        lock (_lock)
        {
            _source = eventSource;
            if (_isOpen)
            {
                EnableEvents(eventSource, EventLevel.Informational, _keywords);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventSource.Name == SourceName)
        {
            _events.Writer.TryWrite(eventData);
        }
    }

    private void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            if (_source is { } source)
            {
                EnableEvents(source, EventLevel.Informational, _keywords);
            }
        }
    }

    private async Task WriteAsync()
    {
        await foreach (EventWrittenEventArgs written in _events.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                _messages.Write(written);
                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and long dropped)
                {
                    _own.MessagesDropped(dropped);
                }
            }
#pragma warning disable CA1031 // A logger that throws must not end the log, and there is nowhere else to report the exception.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
    }
}
