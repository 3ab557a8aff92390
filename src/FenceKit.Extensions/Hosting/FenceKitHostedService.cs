// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FenceKit.Extensions;

/// <summary>
/// Starts the observer before any other hosted service starts, and shuts the parts down after all of them have stopped, so that services that
/// submit commands or map memory are no longer active. The device queues come first, all at the same time, then the notifiers, then the
/// pools.
/// </summary>
internal sealed class FenceKitHostedService(FenceKitParts parts, FenceKitObserver observer, ILoggerFactory? loggers = null) : IHostedLifecycleService
{
    private readonly ILogger _log = (loggers ?? NullLoggerFactory.Instance).CreateLogger(LogCategories.Extensions);

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        observer.Start();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Completes in finite time: canceling the token declares devices lost that are still busy, and ends the waits of the notifiers.
    /// </summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<DeviceQueuePart> queues = parts.Queues;
        IReadOnlyList<NotifierPart> notifiers = parts.Notifiers;
        IReadOnlyList<FencePool> pools = parts.Pools;
        await Task.WhenAll(queues.Select(queue => DrainAsync(queue, cancellationToken))).ConfigureAwait(false);
        await Task.WhenAll(notifiers.Select(notifier => ReleaseAsync(notifier, cancellationToken))).ConfigureAwait(false);
        foreach (FencePool pool in pools)
        {
            pool.Dispose();
        }

        if (queues.Count + notifiers.Count + pools.Count > 0)
        {
            _log.ShutDown(queues.Count, notifiers.Count, pools.Count);
        }

        await observer.StopAsync().ConfigureAwait(false);
    }

    private async Task DrainAsync(DeviceQueuePart queue, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenRegistration outOfTime = cancellationToken.UnsafeRegister(
                static part => ((DeviceQueuePart)part!).Lose(new TimeoutException("The host's time to shut down is over.")), queue);
            await queue.DisposeAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A part that fails must not keep the others from shutting down.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.ShutdownFailed($"The device queue '{queue.Name}'", exception);
        }
    }

    private async Task ReleaseAsync(NotifierPart part, CancellationToken cancellationToken)
    {
        try
        {
            // Release blocks as long as subscribers hold memory. Its result is ignored: each range that it would return was reported by an
            // event.
            await Task.Run(() => part.Notifier.Release(part.ReleaseTimeout, cancellationToken), CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _log.ShutdownFailed($"The notifier '{part.Notifier.Name}'", exception);
        }
    }
}
