// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Remote;

/// <summary>One party's connection to an <see cref="InMemoryTransport"/>.</summary>
/// <remarks><b>Thread safety</b>: every member may be called from any thread at any time.</remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class InMemoryConnection : IInvalidationTransport
{
    private readonly InMemoryTransport _transport;
    private bool _isSendingCut;
    private bool _isReceivingCut;

    internal InMemoryConnection(InMemoryTransport transport, string name)
    {
        _transport = transport;
        Name = name;
    }

    /// <summary>Gets the name of the party.</summary>
    public string Name { get; }

    /// <summary>Gets or sets whether messages from this party are lost.</summary>
    public bool IsSendingCut
    {
        get => Volatile.Read(ref _isSendingCut); // pairs with the write by the simulated network
        set => Volatile.Write(ref _isSendingCut, value);
    }

    /// <summary>Gets or sets whether messages to this party are lost. It is checked at the time of arrival.</summary>
    public bool IsReceivingCut
    {
        get => Volatile.Read(ref _isReceivingCut); // pairs with the write by the simulated network
        set => Volatile.Write(ref _isReceivingCut, value);
    }

    /// <inheritdoc/>
    public bool IsConnected => !IsSendingCut && !IsReceivingCut;

    /// <inheritdoc/>
    public bool TrySend(string channel, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return !IsSendingCut && _transport.TrySend(channel, message);
    }

    /// <inheritdoc/>
    /// <remarks>Completes at once.</remarks>
    public ValueTask<IAsyncDisposable> SubscribeAsync(
        string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(receive);
        InMemorySubscription subscription = new(_transport, this, channel, receive);
        _transport.Add(subscription);
        return new ValueTask<IAsyncDisposable>(subscription);
    }
}
