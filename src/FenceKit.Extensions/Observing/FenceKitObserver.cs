// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FenceKit.Extensions;

/// <summary>Listens, looks and measures from the start of the host to its end. Thread safe.</summary>
internal sealed class FenceKitObserver(IServiceProvider services, IOptions<FenceKitOptions> options, FenceKitParts parts) : IDisposable
{
    private int _phase; // 0 before, 1 from the first start on, 2 after the end; only ever grows
    private EventLog? _log;
    private StuckFenceWatch? _watch;

    /// <summary>A second call does nothing, nor does one after the end.</summary>
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

    /// <summary>Those that are stuck now. Starts to look if nobody has: a container may be used without a host.</summary>
    internal IReadOnlyList<StuckFence> LookForStuckFences()
    {
        Start();
        return Volatile.Read(ref _watch)?.Look() ?? [];
    }

    /// <summary>Ends it; everything that has happened so far is logged when the task completes.</summary>
    internal async Task StopAsync()
    {
        Interlocked.Exchange(ref _phase, 2);
        Volatile.Read(ref _watch)?.Dispose();
        if (Interlocked.Exchange(ref _log, null) is { } log)
        {
            await log.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>For a container without a host: what is on its way to the log is logged by the task, some time later.</summary>
    public void Dispose() => _ = StopAsync();
}
