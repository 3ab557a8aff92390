// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Redis.Tests;

/// <summary>Stands between a party and the engine, and repeats, delays and so reorders what is sent.</summary>
internal sealed class FaultyTransport(IInvalidationTransport inner, int seed) : IInvalidationTransport
{
    private readonly Random _random = new(seed); // under its own lock
    private int _faults;

    public bool IsConnected => inner.IsConnected;

    internal int Faults => Volatile.Read(ref _faults);

    public bool TrySend(string channel, ReadOnlySpan<byte> message)
    {
        int kind, delay;
        lock (_random)
        {
            kind = _random.Next(10);
            delay = _random.Next(1, 40);
        }

        if (kind >= 5)
        {
            return inner.TrySend(channel, message);
        }

        Interlocked.Increment(ref _faults);
        _ = SendLaterAsync(channel, message.ToArray(), delay);
        return kind < 2 || inner.TrySend(channel, message); // late, or now and once more
    }

    public ValueTask<IAsyncDisposable> SubscribeAsync(string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default) =>
        inner.SubscribeAsync(channel, receive, cancellationToken);

    private async Task SendLaterAsync(string channel, byte[] message, int milliseconds)
    {
        await Task.Delay(milliseconds);
        inner.TrySend(channel, message);
    }
}
