using System.Numerics;

namespace FenceKit.Exploration;

/// <summary>
/// Every schedule with at most so many preemptions, one after the other and in the same order every time: replays the choices on the
/// path, lets the current thread go on below it, and takes the next option at the deepest choice that has one left.
/// </summary>
internal sealed class DepthFirstSchedule(int preemptionBound) : ISchedule
{
    private readonly List<Choice> _path = [];
    private int _depth;
    private int _preemptions;
    private bool _isOffPath;

    /// <summary>The same choices led somewhere else than before, or ended sooner.</summary>
    public bool HasDiverged => _isOffPath || _depth < _path.Count;

    public int Choose(in ChoicePoint point)
    {
        uint options = _preemptions < preemptionBound ? point.Options : point.OptionsWithoutPreemption;
        int actor = BitOperations.IsPow2(options) ? BitOperations.Log2(options) : ChooseAmong(options, point);
        if (point.IsPreemption(actor))
        {
            _preemptions++;
        }

        return actor;
    }

    public bool Advance()
    {
        Rewind();
        while (_path.Count > 0)
        {
            Choice last = _path[^1];
            if (last.Untried != 0)
            {
                int next = BitOperations.TrailingZeroCount(last.Untried);
                _path[^1] = last with { Actor = next, Untried = last.Untried & ~(1u << next) };
                return true;
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return false;
    }

    public void Restart()
    {
        _path.Clear();
        Rewind();
    }

    private void Rewind()
    {
        _depth = 0;
        _preemptions = 0;
    }

    private int ChooseAmong(uint options, in ChoicePoint point)
    {
        if (_depth == _path.Count)
        {
            int first = point.Current >= 0 && (options & (1u << point.Current)) != 0 ? point.Current : BitOperations.TrailingZeroCount(options);
            _path.Add(new Choice(point.Position, first, options & ~(1u << first), options));
        }

        Choice choice = _path[_depth++];
        if (choice.Options == options && choice.Position == point.Position)
        {
            return choice.Actor;
        }

        _isOffPath = true;
        return BitOperations.TrailingZeroCount(options);
    }

    private readonly record struct Choice(int Position, int Actor, uint Untried, uint Options);
}
