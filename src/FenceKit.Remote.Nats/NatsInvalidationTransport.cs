// SPDX-License-Identifier: MIT
using System.Diagnostics;
using NATS.Client.Core;

namespace FenceKit.Remote.Nats;

/// <summary>NATS as the pipe between the processes of a domain: core publish and subscribe, without streams.</summary>
/// <remarks>
/// <para>At most once, and a slow receiver loses messages: that is what the protocol expects. What comes back within a lease costs nothing but time.</para>
/// <para>TLS, credentials and addresses are those of the connection, which stays the caller's. Give it a <c>ReconnectWaitMax</c> well below the lease and a
/// <c>MaxReconnectRetry</c> of -1, so that it comes back however long the server was away. The connection may be made before the server is there.</para>
/// <para>The channel <c>orders/owner</c> is the subject <c>fencekit.orders.owner</c>, so permissions can be given for <c>fencekit.orders.&gt;</c>; what does not
/// belong into a subject is escaped.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class NatsInvalidationTransport : IInvalidationTransport
{
    private readonly INatsConnection _nats;
    private readonly string _prefix;

    /// <summary>Makes a transport of a connection.</summary>
    /// <param name="nats">The connection; it is not disposed.</param>
    /// <param name="prefix">What subjects begin with, so that several systems can share a server; a subject of its own.</param>
    /// <exception cref="ArgumentException"><paramref name="prefix"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="nats"/> is null.</exception>
    public NatsInvalidationTransport(INatsConnection nats, string prefix = "fencekit")
    {
        ArgumentNullException.ThrowIfNull(nats);
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        _nats = nats;
        _prefix = prefix;
    }

    /// <inheritdoc/>
    public bool IsConnected => _nats.ConnectionState == NatsConnectionState.Open;

    /// <inheritdoc/>
    /// <remarks>Hands the message to the connection's buffer and forgets it. Allocates.</remarks>
    public bool TrySend(string channel, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(channel);
        if (!IsConnected)
        {
            return false; // what waited for the connection would come late and in a heap; the protocol repeats what matters
        }

        ValueTask sending = _nats.PublishAsync(SubjectOf(channel), message.ToArray(), serializer: NatsRawSerializer<byte[]>.Default);
        if (!sending.IsCompletedSuccessfully)
        {
            _ = ForgetAsync(sending);
        }

        return true;
    }

    /// <inheritdoc/>
    /// <exception cref="NatsException">The server is away.</exception>
    public async ValueTask<IAsyncDisposable> SubscribeAsync(
        string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(receive);
        await _nats.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        INatsSub<byte[]> subscription = await _nats.SubscribeCoreAsync(
            SubjectOf(channel), serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: CancellationToken.None).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Listening(subscription, receive);
    }

    /// <summary>Which subjects it uses, and whether it is connected, for people. Names no server and no credentials.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"NATS subjects {_prefix}.>: {(IsConnected ? "connected" : "not connected")}";

    /// <summary>The parts of a channel are the tokens of a subject; an empty one is %, which no escape is.</summary>
    private string SubjectOf(string channel) =>
        $"{_prefix}.{string.Join('.', channel.Split('/').Select(static part => part.Length == 0 ? "%" : Uri.EscapeDataString(part).Replace(".", "%2E", StringComparison.Ordinal).Replace("*", "%2A", StringComparison.Ordinal)))}";

    private static async Task ForgetAsync(ValueTask sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it was, the message is lost, and that may happen to any message.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>Hands on what comes, one message after the other, until it is disposed.</summary>
    private sealed class Listening : IAsyncDisposable
    {
        private readonly INatsSub<byte[]> _subscription;
        private readonly Task _receiving;

        internal Listening(INatsSub<byte[]> subscription, InvalidationMessageHandler receive)
        {
            _subscription = subscription;
            using (ExecutionContext.SuppressFlow())
            {
                _receiving = Task.Run(() => ReceiveAsync(receive), CancellationToken.None);
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await _subscription.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is NatsException or ObjectDisposedException or OperationCanceledException)
            {
                // The server or the connection is gone, and the subscription with it.
            }

            await _receiving.ConfigureAwait(false);
        }

        private async Task ReceiveAsync(InvalidationMessageHandler receive)
        {
            try
            {
                await foreach (NatsMsg<byte[]> message in _subscription.Msgs.ReadAllAsync().ConfigureAwait(false))
                {
                    receive(message.Data);
                }
            }
            catch (Exception error) when (error is NatsException or ObjectDisposedException or OperationCanceledException)
            {
                // The connection was disposed: nothing comes any more.
            }
        }
    }
}
