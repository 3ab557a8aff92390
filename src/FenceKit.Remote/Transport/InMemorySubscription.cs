// SPDX-License-Identifier: MIT
namespace FenceKit.Remote;

/// <summary>A subscription of one party to one channel.</summary>
internal sealed class InMemorySubscription(
    InMemoryTransport transport, InMemoryConnection connection, string channel, InvalidationMessageHandler receive) : IAsyncDisposable
{
    private bool _isDisposed;

    internal string Channel { get; } = channel;

    /// <summary>Delivers a message. False when the connection is cut or the subscription disposed.</summary>
    internal bool Receive(byte[] message)
    {
        if (Volatile.Read(ref _isDisposed) || connection.IsReceivingCut)
        {
            return false;
        }

        receive(message);
        return true;
    }

    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isDisposed, true); // pairs with the read in Receive
        transport.Remove(this);
        return default;
    }
}
