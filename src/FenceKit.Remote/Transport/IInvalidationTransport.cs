// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A message transport between the processes of a domain. It may lose, repeat, reorder and delay messages.</summary>
/// <remarks>
/// Safety does not depend on any property of the underlying engine. A better engine only makes invalidations faster.
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
public interface IInvalidationTransport
{
    /// <summary>Gets whether messages are likely to be delivered now. For diagnosis: nothing depends on it.</summary>
    bool IsConnected { get; }

    /// <summary>Sends a message to all listeners of a channel.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message; the transport copies what it needs.</param>
    /// <returns>False when the message is already known to be lost. True guarantees nothing.</returns>
    /// <remarks>Never waits for the network or for other parties. Does not throw when the engine is unavailable.</remarks>
    bool TrySend(string channel, ReadOnlySpan<byte> message);

    /// <summary>Starts to listen to a channel.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="receive">
    /// Called for each message, on a thread of the transport, possibly by several threads at once. It must not wait and must not throw.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The subscription; dispose it to stop listening. It survives losses of the connection.</returns>
    /// <remarks>May throw when the engine is unavailable; the caller tries again.</remarks>
    ValueTask<IAsyncDisposable> SubscribeAsync(string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default);
}
