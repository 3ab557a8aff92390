using System.Numerics;

namespace FenceKit.Exploration;

/// <summary>
/// Seeded schedules beyond the depth-first bound, after "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (PCT):
/// the thread of highest random priority goes, and at a few random points the current thread falls behind all others.
/// </summary>
internal sealed class RandomSchedule : ISchedule
{
    private const int ThreadLimit = 8;
    private const int FlushOdds = 4;

    private readonly int[] _priorities = new int[ThreadLimit];
    private readonly HashSet<int> _changePoints = [];
    private readonly int _seed;
    private readonly long _executions;
    private readonly int _changes;
    private Random _random;
    private long _done;
    private int _longest = 16;
    private int _lowest;

    public RandomSchedule(int seed, long executions, int changes)
    {
        _seed = seed;
        _executions = executions;
        _changes = changes;
        _random = new Random(seed);
        BeginExecution();
    }

    public bool HasDiverged => false;

    public int Choose(in ChoicePoint point)
    {
        _longest = Math.Max(_longest, point.Position);
        uint threads = point.Options & ((1u << point.ThreadCount) - 1);
        uint flushes = point.Options & ~threads;
        if (flushes != 0 && (threads == 0 || _random.Next(FlushOdds) == 0))
        {
            return BitOperations.TrailingZeroCount(flushes);
        }

        if (point.Current >= 0 && _changePoints.Contains(point.Position))
        {
            _priorities[point.Current] = --_lowest;
        }

        int best = -1;
        for (int i = 0; i < point.ThreadCount; i++)
        {
            if ((threads & (1u << i)) != 0 && (best < 0 || _priorities[i] > _priorities[best]))
            {
                best = i;
            }
        }

        return best;
    }

    public bool Advance()
    {
        _done++;
        BeginExecution();
        return _done < _executions;
    }

    public void Restart()
    {
        _random = new Random(_seed);
        BeginExecution();
    }

    private void BeginExecution()
    {
        _lowest = 0;
        for (int i = 0; i < ThreadLimit; i++)
        {
            _priorities[i] = _random.Next(1, int.MaxValue);
        }

        _changePoints.Clear();
        for (int i = 0; i < _changes; i++)
        {
            _changePoints.Add(_random.Next(1, _longest + 1));
        }
    }
}
