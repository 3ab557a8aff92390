// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Remote;

/// <summary>
/// A transport inside one process, for tests, simulations and samples. It loses, repeats, reorders and delays messages, as determined by
/// its options and seed.
/// </summary>
/// <remarks>
/// Each party gets a connection of its own (<see cref="Connect"/>), which can be cut in one direction or in both.
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. Blocks for a few instructions; allocates.</para>
/// </remarks>
[DebuggerDisplay("{InFlight} in flight")]
public sealed class InMemoryTransport : IDisposable
{
    private readonly UninterruptedGate _gate = new();
    private readonly InMemoryTransportOptions _options;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly List<InMemorySubscription> _subscriptions = []; // under the gate, like all that follows
    private readonly PriorityQueue<Parcel, (long Due, long Number)> _parcels = new();
    private readonly ITimer? _timer;
    private long _lastNumber;
    private bool _isDisposed;

    /// <summary>Creates a transport without connections.</summary>
    /// <param name="options">The faults; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public InMemoryTransport(InMemoryTransportOptions? options = null)
    {
        _options = options ?? new InMemoryTransportOptions();
        _options.Validate();
        _clock = _options.TimeProvider;
        _random = new Random(_options.Seed);
        if (!_options.IsStepped)
        {
            _timer = _clock.CreateTimer(_ => DeliverDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Gets the number of messages in flight.</summary>
    public int InFlight
    {
        get
        {
            using (_gate.Enter())
            {
                return _parcels.Count;
            }
        }
    }

    /// <summary>Connects a party.</summary>
    /// <param name="name">The name of the party, for people.</param>
    /// <returns>The connection of the party.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public InMemoryConnection Connect(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new InMemoryConnection(this, name);
    }

    /// <summary>Delivers the messages that are due, on this thread.</summary>
    /// <returns>The number of messages that a subscription has received.</returns>
    /// <remarks>Messages that receivers send during the call are delivered too if they are due.</remarks>
    public int DeliverDue()
    {
        int received = 0;
        while (TakeDue() is { } parcel)
        {
            if (parcel.Receiver.Receive(parcel.Message))
            {
                received++;
            }
        }

        return received;
    }

    /// <summary>Stops all deliveries.</summary>
    public void Dispose()
    {
        using (_gate.Enter())
        {
            _isDisposed = true;
            _parcels.Clear();
        }

        _timer?.Dispose();
    }

    internal bool TrySend(string channel, ReadOnlySpan<byte> message)
    {
        byte[] copy = message.ToArray();
        using (_gate.Enter())
        {
            foreach (InMemorySubscription subscription in _subscriptions)
            {
                if (subscription.Channel == channel)
                {
                    Post(subscription, copy);
                }
            }

            SetTimerLocked();
            return !_isDisposed;
        }
    }

    internal void Add(InMemorySubscription subscription)
    {
        using (_gate.Enter())
        {
            _subscriptions.Add(subscription);
        }
    }

    internal void Remove(InMemorySubscription subscription)
    {
        using (_gate.Enter())
        {
            _subscriptions.Remove(subscription);
        }
    }

    private void Post(InMemorySubscription receiver, byte[] message)
    {
        if (_isDisposed || _random.NextDouble() < _options.LossRate)
        {
            return;
        }

        int copies = _random.NextDouble() < _options.RepeatRate ? 2 : 1;
        for (int copy = 0; copy < copies; copy++)
        {
            TimeSpan delay = _options.MinimumDelay + (_random.NextDouble() * (_options.MaximumDelay - _options.MinimumDelay));
            long due = _clock.GetTimestamp() + (long)(delay.TotalSeconds * _clock.TimestampFrequency);
            _parcels.Enqueue(new Parcel(receiver, message), (due, ++_lastNumber));
        }
    }

    private Parcel? TakeDue()
    {
        using (_gate.Enter())
        {
            if (_parcels.TryPeek(out Parcel? parcel, out (long Due, long Number) place) && place.Due <= _clock.GetTimestamp())
            {
                return _parcels.Dequeue();
            }

            SetTimerLocked();
            return null;
        }
    }

    private void SetTimerLocked()
    {
        if (_timer is not null && !_isDisposed && _parcels.TryPeek(out _, out (long Due, long Number) place))
        {
            TimeSpan left = _clock.GetElapsedTime(_clock.GetTimestamp(), place.Due);
            _timer.SetTo(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private sealed record Parcel(InMemorySubscription Receiver, byte[] Message);
}
