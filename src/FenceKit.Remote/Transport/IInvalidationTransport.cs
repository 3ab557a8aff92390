// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A pipe between the processes of a domain. It may lose, repeat, reorder and delay messages: nothing else is asked of it.</summary>
/// <remarks>
/// No property of the engine behind it is part of the argument for safety. What it does well only makes invalidations faster.
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
public interface IInvalidationTransport
{
    /// <summary>Gets whether messages are likely to get through at this moment. For diagnosis: nothing depends on it.</summary>
    bool IsConnected { get; }

    /// <summary>Hands a message to the engine, for everybody who listens to a channel.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message; the transport copies what it keeps.</param>
    /// <returns>False when it is known already that the message is lost. True promises nothing.</returns>
    /// <remarks>Never waits for the network or for anybody else. Does not throw because the engine is away.</remarks>
    bool TrySend(string channel, ReadOnlySpan<byte> message);

    /// <summary>Begins to listen to a channel.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="receive">
    /// Called for each message, on a thread of the transport, also by several threads at once. It does not wait, and does not throw.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The subscription; dispose it to listen no longer. It outlives losses of the connection.</returns>
    /// <remarks>May throw when the engine is away; who listens tries again.</remarks>
    ValueTask<IAsyncDisposable> SubscribeAsync(string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default);
}
