// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Logging;

namespace FenceKit.Extensions.Tests;

/// <summary>One message as a provider gets it.</summary>
internal sealed record LogEntry(string Category, LogLevel Level, EventId Id, string Text, IReadOnlyDictionary<string, object?> Fields);

/// <summary>Keeps what is logged. Thread safe.</summary>
internal sealed class RecordingLoggerProvider : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly List<LogEntry> _entries = [];

    internal IReadOnlyList<LogEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>Called with each entry, before it is kept.</summary>
    internal Action<LogEntry>? Then { get; set; }

    /// <summary>Waits for the one entry with this id and this text in it.</summary>
    internal LogEntry Await(int id, string text)
    {
        LogEntry[] Found() => [.. Entries.Where(entry => entry.Id.Id == id && entry.Text.Contains(text, StringComparison.Ordinal))];
        Limit.Until(() => Found().Length > 0, $"The message {id} with '{text}'");
        return Assert.Single(Found());
    }

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(RecordingLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Dictionary<string, object?> fields = new((state as IReadOnlyList<KeyValuePair<string, object?>> ?? []).DistinctBy(pair => pair.Key));
            LogEntry entry = new(category, logLevel, eventId, formatter(state, exception), fields);
            provider.Then?.Invoke(entry);
            lock (provider._gate)
            {
                provider._entries.Add(entry);
            }
        }
    }
}
