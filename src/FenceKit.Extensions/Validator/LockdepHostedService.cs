// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using FenceKit.Lockdep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FenceKit.Extensions;

/// <summary>Installs the sinks before any other hosted service starts, and removes them after all of them have stopped.</summary>
internal sealed class LockdepHostedService(
    IServiceProvider services, IOptions<LockdepOptions> options, ILoggerFactory? loggers = null) : IHostedLifecycleService
{
    private readonly List<LockViolationSink> _sinks = [];
    private LockValidator? _validator;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        LockdepOptions settings = options.Value;
        _validator = services.GetRequiredService<LockValidator>();
        LogSink log = new((loggers ?? NullLoggerFactory.Instance).CreateLogger(LogCategories.Validator), settings.MinimumConfidence);
        log.Install(_validator);
        _sinks.Add(log);
        if (settings.ReportFile is { } file)
        {
            Install(LockViolationSink.ToFile(file));
        }

        if (settings.ThrowOnViolation)
        {
            Install(LockViolationSink.Throwing);
        }

        if (services.GetService<IMeterFactory>() is { } meters)
        {
            meters.Create(FenceKitInstruments.MeterName).CreateObservableCounter(
                "fencekit.lockdep.violations", log.Measure, "{violation}", "Findings of the lock validator, by kind and confidence.");
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        foreach (LockViolationSink sink in _sinks)
        {
            _validator!.RemoveSink(sink);
        }

        return Task.CompletedTask;
    }

    private void Install(LockViolationSink sink)
    {
        _validator!.AddSink(sink);
        _sinks.Add(sink);
    }
}
