// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FenceKit.Extensions;

/// <summary>Logs events, looks for stuck fences and measures, from the start of the host to its end. Thread safe.</summary>
internal sealed class FenceKitObserver(IServiceProvider services, IOptions<FenceKitOptions> options, FenceKitParts parts) : IDisposable
{
    private int _phase; // 0 before the start, 1 after it, 2 after the end; never decreases
    private EventLog? _log;
    private StuckFenceWatch? _watch;

    /// <summary>Starts observing. A second call, or a call after the end, does nothing.</summary>
    internal void Start()
    {
        if (Interlocked.CompareExchange(ref _phase, 1, 0) != 0)
        {
            return;
        }

        ILoggerFactory loggers = services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        TimeProvider clock = services.GetService<TimeProvider>() ?? TimeProvider.System;
        StuckFenceWatch watch = new(options.Value.StuckFenceThreshold, clock, loggers);
        if (services.GetService<IMeterFactory>() is { } meters)
        {
            FenceKitInstruments.Create(meters, parts, watch);
        }

        Volatile.Write(ref _watch, watch);
        Volatile.Write(ref _log, new EventLog(loggers, options.Value.LogFaults));
    }

    /// <summary>
    /// Returns the waits that are stuck now. Starts observing if that has not happened, since a container may be used without a host.
    /// </summary>
    internal IReadOnlyList<StuckFence> LookForStuckFences()
    {
        Start();
        return Volatile.Read(ref _watch)?.Look() ?? [];
    }

    /// <summary>Stops observing. When the task completes, all events that were raised before are logged.</summary>
    internal async Task StopAsync()
    {
        Interlocked.Exchange(ref _phase, 2);
        Volatile.Read(ref _watch)?.Dispose();
        if (Interlocked.Exchange(ref _log, null) is { } log)
        {
            await log.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>For a container without a host. Does not wait: the remaining events are logged by the task some time later.</summary>
    public void Dispose() => _ = StopAsync();
}
