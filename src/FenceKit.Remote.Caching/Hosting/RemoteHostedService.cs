// SPDX-License-Identifier: MIT
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FenceKit.Remote.Caching;

/// <summary>
/// Joins before any other hosted service starts, and leaves after all of them have stopped. Does not wait for a lease: without one, reads
/// go to the origin.
/// </summary>
internal sealed class RemoteHostedService(IServiceProvider services) : IHostedLifecycleService
{
    private RemoteDomain? _domain;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _domain = services.GetRequiredService<RemoteDomain>();
        if (services.GetService<IMeterFactory>() is { } meters)
        {
            RemoteInstruments.Create(meters, _domain);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Takes finite time: a node leaves within about a second. Cancellation stops waiting for it.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) =>
        _domain is { } domain ? domain.DisposeAsync().AsTask().WaitAsync(cancellationToken) : Task.CompletedTask;
}
