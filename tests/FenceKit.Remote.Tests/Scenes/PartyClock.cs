// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>The clock of one party: it starts where it likes, and runs at its own rate beside the time of the world.</summary>
internal sealed class PartyClock : TimeProvider
{
    private readonly TimeProvider _world;
    private double _rate;
    private long _worldAtChange;
    private double _ownAtChange;

    internal PartyClock(TimeProvider world, double rate, long start)
    {
        _world = world;
        _rate = rate;
        _ownAtChange = start;
        _worldAtChange = world.GetTimestamp();
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (long)(_ownAtChange + ((_world.GetTimestamp() - _worldAtChange) * _rate));

    internal void SetRate(double rate)
    {
        _ownAtChange = GetTimestamp();
        _worldAtChange = _world.GetTimestamp();
        _rate = rate;
    }
}
