// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Oracle;

/// <summary>
/// Walks every state that any number of workers (up to a bound) can reach, each running any of the sections seen, and says whether in one of
/// them all hang. Knows nothing of graphs: a state is where each worker stands. A worker that holds nothing counts as idle, so only those
/// that hold something are kept; one that waits to write and holds nothing may be there whenever it is needed.
/// </summary>
internal sealed class OracleExplorer
{
    private const int MostWorkers = 7;

    private readonly List<Point> _points = [];
    private readonly List<(Hold First, int Next)> _starts = [];
    private readonly bool[] _isSemaphore;
    private readonly bool[] _hasFreeWriter;
    private readonly HashSet<ulong> _seen = [];
    private readonly Stack<List<int>> _open = [];

    private readonly record struct Hold(int Lock, char Mode);

    /// <summary>
    /// A worker stands before an acquisition. Taken and Skipped: where it stands after it got the lock, or after a try that failed or a wait
    /// that ran out; -1 when it then lets everything go.
    /// </summary>
    private sealed record Point(Hold[] Held, OracleStep Step, int Skipped)
    {
        public int Taken { get; set; }
    }

    public OracleExplorer(bool[] isSemaphore, IEnumerable<OracleStep> sections)
    {
        _isSemaphore = isSemaphore;
        _hasFreeWriter = new bool[isSemaphore.Length];
        foreach (OracleStep section in sections)
        {
            if (section is { Mode: 'W', Attempt: 'b' })
            {
                _hasFreeWriter[section.Lock] = true;
            }

            int first = Compile(section.Inside, [new Hold(section.Lock, section.Mode)], next: -1);
            if (first >= 0)
            {
                _starts.Add((new Hold(section.Lock, section.Mode), first));
            }
        }
    }

    /// <summary>Sections that release in any order.</summary>
    public OracleExplorer(FlatScenario scenario)
    {
        _isSemaphore = new bool[FlatScenario.MostLocks];
        _hasFreeWriter = new bool[FlatScenario.MostLocks];
        foreach (FlatStep[] section in scenario.Sections)
        {
            _hasFreeWriter[section[0].Lock] |= section[0].Action == 'W';
            int first = Compile(section, 1, [new Hold(section[0].Lock, section[0].Action)]);
            if (first >= 0)
            {
                _starts.Add((new Hold(section[0].Lock, section[0].Action), first));
            }
        }
    }

    public bool CanHang()
    {
        Visit([]);
        while (_open.TryPop(out List<int>? state))
        {
            if (state.Count > 0 && AllHang(state))
            {
                return true;
            }

            Follow(state);
        }

        return false;
    }

    // Letting go is done at once; a worker that holds nothing any more is idle.
    private int Compile(FlatStep[] section, int at, Hold[] held)
    {
        for (; at < section.Length && section[at].Action == '-'; at++)
        {
            int gone = section[at].Lock;
            held = [.. held.Where(hold => hold.Lock != gone)];
        }

        if (at == section.Length)
        {
            return -1;
        }

        var point = new Point(held, new OracleStep(section[at].Lock, section[at].Action, 'b', []), -1);
        _points.Add(point);
        int index = _points.Count - 1;
        point.Taken = Compile(section, at + 1, [.. held, new Hold(section[at].Lock, section[at].Action)]);
        return index;
    }

    // The steps of one level from last to first: each leads into its own inside, then to its neighbour.
    private int Compile(OracleStep[] steps, Hold[] held, int next)
    {
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            var point = new Point(held, steps[i], next);
            _points.Add(point);
            int index = _points.Count - 1;
            point.Taken = Compile(steps[i].Inside, [.. held, new Hold(steps[i].Lock, steps[i].Mode)], next);
            next = index;
        }

        return next;
    }

    private void Visit(List<int> state)
    {
        if (_seen.Add(KeyOf(state)))
        {
            _open.Push(state);
        }
    }

    // Goes on from a state wherever it can.
    private void Follow(List<int> state)
    {
        for (int i = 0; i < state.Count; i++)
        {
            Point point = _points[state[i]];
            if (IsFree(state, i))
            {
                Visit(Moved(state, i, point.Taken));
            }

            // A try may fail and a limited wait may run out at any time: somebody outside the scenario may hold the lock for a moment.
            if (point.Step.Attempt != 'b')
            {
                Visit(Moved(state, i, point.Skipped));
            }
        }

        if (state.Count < MostWorkers)
        {
            foreach ((Hold first, int next) in _starts)
            {
                if (MayTake(state, -1, first))
                {
                    Visit(Moved(state, -1, next));
                }
            }
        }
    }

    private static List<int> Moved(List<int> state, int worker, int to)
    {
        var moved = new List<int>(state);
        if (worker >= 0)
        {
            moved.RemoveAt(worker);
        }

        if (to >= 0)
        {
            moved.Add(to);
        }

        moved.Sort();
        return moved;
    }

    private static ulong KeyOf(List<int> state)
    {
        ulong key = 0;
        foreach (int point in state)
        {
            key = key * 64 + (ulong)point + 1;
        }

        return key;
    }

    private bool IsFree(List<int> state, int worker)
    {
        OracleStep step = _points[state[worker]].Step;
        return MayTake(state, worker, new Hold(step.Lock, step.Mode));
    }

    // Whoever waits is taken as not having arrived yet, so waiting writers stop nobody here.
    private bool MayTake(List<int> state, int worker, Hold wanted)
    {
        int permits = 0;
        for (int i = 0; i < state.Count; i++)
        {
            foreach (Hold held in _points[state[i]].Held)
            {
                if (held.Lock != wanted.Lock)
                {
                    continue;
                }

                permits++;
                if (_isSemaphore[wanted.Lock])
                {
                    continue;
                }

                bool isOwn = i == worker;
                bool stops = wanted.Mode switch
                {
                    'W' => !(isOwn && held.Mode == 'U'),
                    'U' => held.Mode is 'W' or 'U',
                    _ => held.Mode == 'W',
                };
                if (stops)
                {
                    return false;
                }
            }
        }

        return !_isSemaphore[wanted.Lock] || permits < 2;
    }

    private bool AllHang(List<int> state)
    {
        for (int i = 0; i < state.Count; i++)
        {
            if (_points[state[i]].Step.Attempt != 'b')
            {
                return false;
            }
        }

        for (int i = 0; i < state.Count; i++)
        {
            if (IsFree(state, i) && !QueuesBehindWriter(state, i))
            {
                return false;
            }
        }

        return true;
    }

    private bool QueuesBehindWriter(List<int> state, int worker)
    {
        OracleStep step = _points[state[worker]].Step;
        if (_isSemaphore[step.Lock] || step.Mode is 'W' or 'R')
        {
            return false;
        }

        // Whoever may upgrade does not queue behind others to read.
        Hold[] own = _points[state[worker]].Held;
        if (step.Mode == 'r' && own.Contains(new Hold(step.Lock, 'U')))
        {
            return false;
        }

        for (int i = 0; i < state.Count; i++)
        {
            OracleStep other = _points[state[i]].Step;
            if (i != worker && other.Lock == step.Lock && other.Mode == 'W' && !IsFree(state, i))
            {
                return true;
            }
        }

        return _hasFreeWriter[step.Lock] && !MayTake(state, -1, new Hold(step.Lock, 'W'));
    }
}
