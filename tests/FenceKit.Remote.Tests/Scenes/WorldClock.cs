// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Scenes;

/// <summary>The time of the world, which only the test moves. Nothing fires: parties are stepped.</summary>
internal sealed class WorldClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    internal TimeSpan Now => new(_now);

    public override long GetTimestamp() => _now;

    internal void Advance(TimeSpan by) => _now += by.Ticks;
}
