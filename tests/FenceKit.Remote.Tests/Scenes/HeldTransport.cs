// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>A transport that keeps every message until the scene says what becomes of it.</summary>
internal sealed class HeldTransport : IInvalidationTransport
{
    private readonly List<(string Channel, InvalidationMessageHandler Receive)> _listeners = [];

    public bool IsConnected => true;

    internal List<HeldMessage> Held { get; } = [];

    public bool TrySend(string channel, ReadOnlySpan<byte> message)
    {
        Held.Add(new HeldMessage(channel, message.ToArray()));
        return true;
    }

    public ValueTask<IAsyncDisposable> SubscribeAsync(
        string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default)
    {
        _listeners.Add((channel, receive));
        return new ValueTask<IAsyncDisposable>(new Listening());
    }

    /// <summary>Brings a message to its channel, whether it is held or was kept.</summary>
    internal void Bring(HeldMessage message)
    {
        Held.Remove(message);
        foreach ((string channel, InvalidationMessageHandler receive) in _listeners.ToArray())
        {
            if (channel == message.Channel)
            {
                receive(message.Bytes);
            }
        }
    }

    /// <summary>Whoever listened there has crashed.</summary>
    internal void Silence(string channel) => _listeners.RemoveAll(listener => listener.Channel == channel);

    private sealed class Listening : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => default;
    }
}
