// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests.Simulation;

/// <summary>A process with copies: it reads, and fills what is missing in two steps, between which anything may happen.</summary>
internal sealed class SimulatedNode
{
    private readonly SimulatedWorld _world;
    private readonly PartyClock _clock;
    private readonly InMemoryConnection _connection;
    private readonly InvalidationNotifier _notifier;
    private readonly RemoteInvalidationNode _node;
    private readonly ReaderGate _unchecked;
    private readonly CopyCache _cache;
    private readonly (InvalidationSequence Sequence, long Value)?[] _building = new (InvalidationSequence, long)?[SimulatedWorld.Keys];
    private readonly Dictionary<int, long> _plain = [];
    private readonly long?[] _buildingPlain = new long?[SimulatedWorld.Keys];
    private TimeSpan _pausedUntil;
    private TimeSpan _cutUntil;

    internal SimulatedNode(SimulatedWorld world, string name)
    {
        _world = world;
        _clock = world.MakeClock();
        _connection = world.Transport.Connect(name);
        _notifier = new InvalidationNotifier(name);
        _cache = new CopyCache(_notifier, KeySpace.All, SimulatedWorld.Ranges);
        _unchecked = new ReaderGate(_notifier, KeySpace.All, "readers who do not look at the lease");
        _node = new RemoteInvalidationNode(
            _notifier,
            KeySpace.All,
            _connection,
            SimulatedWorld.Domain,
            new RemoteNodeOptions { Name = name, ClockDriftBound = SimulatedWorld.Drift, TimeProvider = _clock, RejoinJitter = TimeSpan.Zero },
            isStepped: true);
        _node.LeaseLost += (_, _) => world.Counts.Drops++;
        _ = _connection.SubscribeAsync(SimulatedWorld.PlainChannel, message => _plain.Remove(message[0])).AsTask();
    }

    internal void SetClockRate(double rate) => _clock.SetRate(rate);

    /// <summary>As SIGSTOP: nothing runs, the clock goes on, messages wait.</summary>
    internal void Pause(TimeSpan time) => _pausedUntil = _world.Clock.Now + time;

    internal void Cut(bool sending, bool receiving, TimeSpan time)
    {
        _connection.IsSendingCut = sending;
        _connection.IsReceivingCut = receiving;
        _cutUntil = _world.Clock.Now + time;
    }

    internal void Crash()
    {
        _connection.IsSendingCut = true;
        _connection.IsReceivingCut = true;
    }

    internal void Step()
    {
        if (_world.Clock.Now >= _cutUntil)
        {
            _connection.IsSendingCut = false;
            _connection.IsReceivingCut = false;
        }

        if (_world.Clock.Now < _pausedUntil)
        {
            return;
        }

        if (_world.Chance(0.02))
        {
            _cache.IsSlow = _world.Chance(0.3);
            _cache.IsBusy = _world.Chance(0.1);
        }

        if (_world.Chance(0.2))
        {
            _cache.FinishDraining();
        }

        // Readers run whether or not the thread that hears has run since.
        int key = _world.Random.Next(SimulatedWorld.Keys);
        Read(key);
        Fill(key);
        ReadPlain(key);
        if (_world.Chance(0.7))
        {
            _node.Pump();
        }
    }

    private void Read(int key)
    {
        long before = _world.Committed[key];
        bool isStale = _cache.TryGet(key, out long value) && value < before;
        if (_node.TryEnter(SimulatedWorld.RangeOf(key), out LeasedScope scope))
        {
            using (scope)
            {
                _world.Counts.Reads += _cache.TryGet(key, out _) ? 1 : 0;
                _world.Counts.Stale += isStale ? 1 : 0;
            }
        }

        if (_unchecked.TryEnter(SimulatedWorld.RangeOf(key), out ReaderScope entered))
        {
            entered.Dispose();
            _world.Counts.StaleWithoutLeaseCheck += isStale ? 1 : 0;
        }
    }

    private void Fill(int key)
    {
        if (_building[key] is { } building)
        {
            if (_world.Chance(0.3))
            {
                _building[key] = null;
                _cache.TryPublish(key, building.Sequence, building.Value);
            }
        }
        else if (!_cache.TryGet(key, out _) && _world.Chance(0.5)
            && _cache.Subscription.TryBeginRead(SimulatedWorld.RangeOf(key), out InvalidationSequence sequence))
        {
            _building[key] = (sequence, _world.Origin[key]);
        }
    }

    private void ReadPlain(int key)
    {
        if (_plain.TryGetValue(key, out long value))
        {
            _world.Counts.StaleWithoutAcknowledgement += value < _world.PlainOrigin[key] ? 1 : 0;
        }
        else if (_buildingPlain[key] is { } built)
        {
            _plain[key] = built;
            _buildingPlain[key] = null;
        }
        else
        {
            _buildingPlain[key] = _world.PlainOrigin[key];
        }
    }
}
