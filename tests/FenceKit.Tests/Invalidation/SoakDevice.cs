// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;

namespace FenceKit.Tests.Invalidation;

/// <summary>What the soak counts besides the notifier, to be compared with it.</summary>
internal sealed class SoakCounters
{
    internal long Completed;
    internal long BackedOff;
    internal long Refused;
    internal long Faulted;
    internal long SubscriberFaults;
    internal long FencesIssued;
    internal long FencesSignaled;
    internal long Wrong;
}

/// <summary>A subscriber that throws, refuses, forgets to signal, signals twice and with errors, and goes away in the middle.</summary>
internal sealed class SoakDevice : IInvalidationSubscriber
{
    private const ulong Span = 4096;
    private const int Capacity = 64;

    private readonly InvalidationNotifier _notifier;
    private readonly SoakCounters _counters;
    private readonly FencePool _fences = new("soak device", Capacity);
    private readonly ConcurrentQueue<FenceSource> _pending = new();
    private readonly ConcurrentQueue<FenceSource> _forgotten = new();
    private readonly InvalidOperationException _error = new("device");
    private readonly Random _signalRandom;
    private readonly Random _readRandom;
    private readonly Random _subscribeRandom;
    private InvalidationSubscription _subscription;
    private int _calls;

    internal SoakDevice(InvalidationNotifier notifier, SoakCounters counters, int seed)
    {
        _notifier = notifier;
        _counters = counters;
        _signalRandom = new Random(seed);
        _readRandom = new Random(seed + 1);
        _subscribeRandom = new Random(seed + 2);
        _subscription = Subscribe();
    }

    internal int Outstanding => _fences.Capacity - _fences.Available;

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = default;
        int call = Interlocked.Increment(ref _calls);
        if (call % 97 == 0)
        {
            Interlocked.Increment(ref _counters.SubscriberFaults);
            throw _error;
        }

        if (call % 41 == 0)
        {
            return false;
        }

        if (call % 3 == 0)
        {
            return true;
        }

        if (!_fences.TryRent(out FenceSource source))
        {
            return false;
        }

        Interlocked.Increment(ref _counters.FencesIssued);
        fence = source.Fence;
        (call % 29 == 0 ? _forgotten : _pending).Enqueue(source);
        return true;
    }

    internal static AddressRange RandomRange(Random random)
    {
        ulong start = (ulong)random.NextInt64((long)Span);
        return AddressRange.FromLength(start, (ulong)random.NextInt64(1, (long)Span / 8));
    }

    /// <summary>Signals some of what is pending, now and then with an error, always twice. A few forgotten ones come very late.</summary>
    internal void SignalSome()
    {
        for (int i = _signalRandom.Next(4); i > 0 && _pending.TryDequeue(out FenceSource source); i--)
        {
            Signal(source, _signalRandom.Next(20) == 0);
        }

        if (_forgotten.Count > Capacity / 2 && _forgotten.TryDequeue(out FenceSource late))
        {
            Signal(late, isFault: false);
        }
    }

    internal void SignalAll()
    {
        while (_pending.TryDequeue(out FenceSource source) || _forgotten.TryDequeue(out source))
        {
            Signal(source, isFault: false);
        }
    }

    internal void ReadOnce()
    {
        InvalidationSubscription subscription = Volatile.Read(ref _subscription);
        try
        {
            if (subscription.BeginRead(subscription.Range, TimeSpan.FromMicroseconds(_readRandom.Next(100)), out InvalidationSequence sequence)
                && subscription.TryPopulate(sequence, out PopulateScope scope))
            {
                scope.Dispose();
            }
        }
        catch (ObjectDisposedException)
        {
            // It was unsubscribed while we read: that is allowed, and this is how one is told.
        }
    }

    internal void Resubscribe()
    {
        if (_subscribeRandom.Next(50) == 0)
        {
            InvalidationSubscription old = _subscription;
            old.Dispose();
            Volatile.Write(ref _subscription, Subscribe());
        }
    }

    internal void End()
    {
        _subscription.Dispose();
        SignalAll();
    }

    private InvalidationSubscription Subscribe() => _notifier.Subscribe(RandomRange(_subscribeRandom), this, "soak device");

    private void Signal(FenceSource source, bool isFault)
    {
        if (isFault ? source.TrySignal(_error) : source.TrySignal())
        {
            Interlocked.Increment(ref _counters.FencesSignaled);
        }

        Interlocked.Add(ref _counters.Wrong, source.TrySignal() ? 1 : 0);
    }
}
