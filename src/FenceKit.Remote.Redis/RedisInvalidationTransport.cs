// SPDX-License-Identifier: MIT
using System.Diagnostics;
using StackExchange.Redis;

namespace FenceKit.Remote.Redis;

/// <summary>Redis Pub/Sub as the pipe between the processes of a domain.</summary>
/// <remarks>
/// <para>At most once, and cut off when a subscriber is slow or the server restarts: that is what the protocol expects. What comes back within a lease costs
/// nothing but time.</para>
/// <para>TLS, credentials and addresses are those of the multiplexer, which stays the caller's. Give it <c>AbortOnConnectFail = false</c>, so that it comes up
/// while the server is down, and <c>ConnectRetry</c> and a reconnect interval well below the lease.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class RedisInvalidationTransport : IInvalidationTransport
{
    private readonly IConnectionMultiplexer _redis;
    private readonly ISubscriber _subscriber;
    private readonly string _prefix;

    /// <summary>Makes a transport of a connection.</summary>
    /// <param name="redis">The connection; it is not disposed.</param>
    /// <param name="prefix">What the names of channels begin with, so that several systems can share a server.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public RedisInvalidationTransport(IConnectionMultiplexer redis, string prefix = "fencekit/")
    {
        ArgumentNullException.ThrowIfNull(redis);
        ArgumentNullException.ThrowIfNull(prefix);
        _redis = redis;
        _subscriber = redis.GetSubscriber();
        _prefix = prefix;
    }

    /// <inheritdoc/>
    public bool IsConnected => _subscriber.IsConnected();

    /// <inheritdoc/>
    /// <remarks>Hands the message to the multiplexer's queue and forgets it. Allocates.</remarks>
    public bool TrySend(string channel, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(channel);
        if (!_redis.IsConnected)
        {
            return false; // what waited in a backlog would come late and in a heap; the protocol repeats what matters
        }

        try
        {
            _subscriber.Publish(NameOf(channel), message.ToArray(), CommandFlags.FireAndForget);
            return true;
        }
        catch (RedisException)
        {
            return false; // it went away in between
        }
    }

    /// <inheritdoc/>
    /// <exception cref="RedisException">The server is away.</exception>
    public async ValueTask<IAsyncDisposable> SubscribeAsync(
        string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(receive);
        RedisChannel name = NameOf(channel);
        Action<RedisChannel, RedisValue> handler = (_, value) => receive(((ReadOnlyMemory<byte>)value).Span);
        await _subscriber.SubscribeAsync(name, handler).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Listening(_subscriber, name, handler);
    }

    /// <summary>Which channels it uses, and whether it is connected, for people. Names no server and no credentials.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"Redis channels {_prefix}*: {(IsConnected ? "connected" : "not connected")}, client {_redis.ClientName}";

    private RedisChannel NameOf(string channel) => RedisChannel.Literal(_prefix + channel);

    private sealed class Listening(ISubscriber subscriber, RedisChannel name, Action<RedisChannel, RedisValue> handler) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await subscriber.UnsubscribeAsync(name, handler).ConfigureAwait(false);
            }
            catch (Exception error) when (error is RedisException or TimeoutException or ObjectDisposedException)
            {
                // The server or the connection is gone, and the subscription with it.
            }
        }
    }
}
