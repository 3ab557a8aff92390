// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>
/// One party's connection to the transport. It retries listening until that succeeds, and treats a transport that throws like one that
/// loses the message.
/// </summary>
internal sealed class RemoteLink(IInvalidationTransport transport, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private Task<IAsyncDisposable?> _listening = Task.FromResult<IAsyncDisposable?>(null);
    private long _faults;
    private int _isDisposed;

    /// <summary>The number of exceptions of the transport.</summary>
    internal long Faults => Volatile.Read(ref _faults);

    /// <summary>Starts to listen; while the engine is unavailable, tries again and again.</summary>
    internal void Listen(string channel, InvalidationMessageHandler receive) => _listening = ListenAsync(channel, receive, _stop.Token);

    internal void Send(string channel, ReadOnlySpan<byte> message)
    {
        try
        {
            transport.TrySend(channel, message);
        }
        catch (Exception error)
        {
            // Whatever the exception, the message is lost, which may happen to any message.
            Interlocked.Increment(ref _faults);
            UninterruptedWork.Restore(error is ThreadInterruptedException);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        if (await _listening.ConfigureAwait(false) is { } subscription)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async Task<IAsyncDisposable?> ListenAsync(string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken)
    {
        TimeSpan delay = s_firstDelay;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                return await transport.SubscribeAsync(channel, receive, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                Interlocked.Increment(ref _faults);
            }
            catch (Exception)
            {
                return null;
            }

            try
            {
                await Task.Delay(delay, clock, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }

            delay = delay * 2 < s_longestDelay ? delay * 2 : s_longestDelay;
        }

        return null;
    }
}
