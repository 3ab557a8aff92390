// SPDX-License-Identifier: MIT
using FenceKit.Remote.Scenes;

namespace FenceKit.Remote.Tests.Simulation;

/// <summary>A process that owns the values: it invalidates some, writes when everybody has let go, and commits.</summary>
internal sealed class SimulatedOwner
{
    private const int MostSessions = 3;

    private readonly SimulatedWorld _world;
    private readonly PartyClock _clock;
    private readonly InMemoryConnection _connection;
    private readonly InvalidationNotifier _notifier = new("owner");
    private readonly RemoteInvalidationOwner _owner;
    private readonly List<Writing> _writings = [];
    private TimeSpan _pausedUntil;
    private TimeSpan _disturbedUntil; // what was slowed down by a pause is not held against the protocol

    internal SimulatedOwner(SimulatedWorld world, TimeSpan? grace)
    {
        _world = world;
        _clock = world.MakeClock();
        _connection = world.Transport.Connect("owner");
        _disturbedUntil = world.Clock.Now + (grace ?? (SimulatedWorld.Lease * 1.2));
        _owner = new RemoteInvalidationOwner(
            _notifier,
            KeySpace.All,
            _connection,
            SimulatedWorld.Domain,
            new RemoteOwnerOptions
            {
                Lease = SimulatedWorld.Lease,
                ClockDriftBound = SimulatedWorld.Drift,
                Grace = grace,
                SessionCapacity = MostSessions + 2,
                TimeProvider = _clock,
            },
            isStepped: true);
    }

    private bool IsPaused => _world.Clock.Now < _pausedUntil;

    internal void SetClockRate(double rate) => _clock.SetRate(rate);

    internal void Pause(TimeSpan time)
    {
        _pausedUntil = _world.Clock.Now + time;
        _disturbedUntil = _pausedUntil + SimulatedWorld.Bound;
        _connection.IsReceivingCut = true;
    }

    internal void Crash()
    {
        _connection.IsReceivingCut = true;
        _connection.IsSendingCut = true;
    }

    internal void CollectCounts()
    {
        RemoteOwnerStatistics statistics = _owner.GetStatistics();
        _world.Counts.Acknowledged += statistics.Acknowledged;
        _world.Counts.Expired += statistics.Expired;
        _world.Counts.Replaced += statistics.Replaced;
        _world.Counts.Repeats += statistics.Repeats;
    }

    internal void Step()
    {
        if (IsPaused)
        {
            return;
        }

        _connection.IsReceivingCut = false;
        if (_world.Chance(0.7))
        {
            _owner.Pump();
        }

        if (_writings.Count < MostSessions && _world.Chance(0.05))
        {
            Begin();
        }

        for (int index = _writings.Count - 1; index >= 0; index--)
        {
            if (_world.Chance(0.4) && Advance(_writings[index]))
            {
                _writings.RemoveAt(index);
            }
        }

        if (_world.Chance(0.05))
        {
            int key = _world.Random.Next(SimulatedWorld.Keys);
            _world.PlainOrigin[key]++;
            _connection.TrySend(SimulatedWorld.PlainChannel, [(byte)key]);
        }
    }

    private void Begin()
    {
        int key = _world.Random.Next(SimulatedWorld.Keys);
        AddressRange range = _world.Random.Next(4) switch
        {
            0 => KeySpace.RangeOfTag("even"),
            1 when _world.Chance(0.3) => KeySpace.All,
            _ => SimulatedWorld.RangeOf(key),
        };
        if (!_notifier.TrySchedule(range, InvalidationReason.Discard, out InvalidationSession session))
        {
            return;
        }

        _world.Counts.Sessions++;
        _world.Counts.SessionsThatWaited += session.TryWait() == InvalidationOutcome.Pending ? 1 : 0;
        _writings.Add(new Writing(session, range, _world.Clock.Now, _writings.Count > 0));
    }

    /// <returns>True when the session has ended.</returns>
    private bool Advance(Writing writing)
    {
        if (writing.IsWritten)
        {
            writing.Session.Commit();
            foreach (int key in KeysOf(writing))
            {
                _world.Committed[key] = Math.Max(_world.Committed[key], writing.Values[key]);
            }

            _world.Counts.Commits++;
            return true;
        }

        switch (writing.Session.TryWait())
        {
            case InvalidationOutcome.Completed:
                foreach (int key in KeysOf(writing))
                {
                    writing.Values[key] = ++_world.Origin[key];
                }

                writing.IsWritten = true;
                return false;
            case InvalidationOutcome.Superseded:
                writing.Session.BackOff();
                return true;
            case InvalidationOutcome.Faulted:
                throw new InvalidOperationException("Nothing here faults.");
            default:
                NoteAge(writing);
                if (_world.Chance(0.01))
                {
                    writing.Session.BackOff();
                    return true;
                }

                return false;
        }
    }

    private void NoteAge(Writing writing)
    {
        if (writing.WaitsForAnother || writing.Begun < _disturbedUntil)
        {
            return;
        }

        // By the world's time: the owner's clock may be slow.
        TimeSpan beyond = _world.Clock.Now - writing.Begun - (SimulatedWorld.Bound * (1 / (1 - SimulatedWorld.Drift)));
        _world.Counts.BeyondBound = beyond > _world.Counts.BeyondBound ? beyond : _world.Counts.BeyondBound;
    }

    private static IEnumerable<int> KeysOf(Writing writing) =>
        Enumerable.Range(0, SimulatedWorld.Keys).Where(key => writing.Range.Overlaps(SimulatedWorld.RangeOf(key)));

    private sealed class Writing(InvalidationSession session, AddressRange range, TimeSpan begun, bool waitsForAnother)
    {
        internal InvalidationSession Session { get; } = session;

        internal AddressRange Range { get; } = range;

        internal TimeSpan Begun { get; } = begun;

        internal bool WaitsForAnother { get; } = waitsForAnother;

        internal bool IsWritten { get; set; }

        internal long[] Values { get; } = new long[SimulatedWorld.Keys];
    }
}
