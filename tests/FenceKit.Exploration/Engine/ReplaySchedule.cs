using System.Numerics;

namespace FenceKit.Exploration;

/// <summary>One given schedule. Where it ends, or names somebody who cannot go, the first who can goes.</summary>
internal sealed class ReplaySchedule(IReadOnlyList<int> actors) : ISchedule
{
    public bool HasDiverged => false;

    public int Choose(in ChoicePoint point)
    {
        int wanted = point.Position < actors.Count ? actors[point.Position] : point.Current;
        bool canGo = wanted >= 0 && (point.Options & (1u << wanted)) != 0;
        return canGo ? wanted : BitOperations.TrailingZeroCount(point.Options);
    }

    public bool Advance() => false;

    public void Restart()
    {
    }
}
