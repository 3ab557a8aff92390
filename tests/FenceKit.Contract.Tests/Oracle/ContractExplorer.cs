// SPDX-License-Identifier: MIT
namespace FenceKit.Contract.Tests.Oracle;

/// <summary>
/// Walks every state that any number of workers (up to a bound) can reach, each running any of the sections seen, and says whether in one
/// of them all hang. Knows nothing of graphs nor of the validator: a state is where each worker stands, and what a place holds.
/// </summary>
/// <remarks>
/// The machine is that of docs/contract.md. Whoever waits for a fence stands still while anybody, himself included, is on the way to its
/// signal; whoever begins to read, while the owner has a session. Callbacks of all owners are one thing that only one thread does at a
/// time (rule 5: one place in the order for all invalidations).
/// </remarks>
internal sealed class ContractExplorer
{
    private const int MostWorkers = 7;
    private const int MostPoints = 63; // of what was seen; with exchanges there may be twice as many, and a few
    private const int Schedule = 3;       // bits of what is held: locks 0 to 2, then the callbacks of invalidations,
    private const int FirstFence = 4;     // then signaling sections,
    private const int FirstStranger = 7;  // and those of fences that were never met,
    private const int FirstSession = 10;  // then sessions
    private const int Waits = (1 << 12) - (1 << FirstFence);

    private readonly ContractScenario _scenario;
    private readonly List<Point> _points = [];
    private readonly Dictionary<Point, int> _places = [];
    private readonly List<int> _starts = [];
    private readonly HashSet<ulong> _seen = [];
    private readonly Stack<List<int>> _left = []; // seen, and not gone on from
    private readonly int _exchanged;
    private readonly int _standIn;
    private readonly int _class;
    private Predicate<List<int>> _isGoal = static _ => false;
    private bool[] _leads = [];
    private bool _waitsEnd = true;

    /// <summary>A worker stands before something that may not be free. Next: where it stands after that; Skipped: after a try that failed. -1: it is through.</summary>
    private readonly record struct Point(int Held, int Wanted, int Next, int? Skipped);

    internal ContractExplorer(ContractScenario scenario, ContractExchange? exchange = null)
    {
        _scenario = scenario;
        CompileSections();
        if (exchange is not null)
        {
            CompileStrangers(exchange.Exported);
            _exchanged = 1 << BitOf(exchange.First);
            _standIn = 1 << BitOf(exchange.Second);
            _class = "abcABCxy012".Where(name => ClassOf(name) == ClassOf(exchange.First)).Aggregate(0, static (bits, name) => bits | (1 << BitOf(name)));
            CompileSections();
            CompileStrangers(exchange.Exported);
        }
    }

    /// <summary>Small enough to be explored.</summary>
    internal bool IsSmall => _points.Count <= MostPoints;

    internal bool CanHang()
    {
        // Where somebody who hangs may stand: before what another one has who hangs.
        bool[] ends = [.. _points.Select(static point => point is { Skipped: null, Held: not 0 })];
        while (Narrow(ends))
        {
        }

        return Reaches(ends, state => state.Count > 0 && state.TrueForAll(point => _points[point].Skipped is null && !IsFree(state, _points[point].Wanted)));
    }

    private bool Narrow(bool[] ends)
    {
        bool isNarrower = false;
        for (int i = 0; i < ends.Length; i++)
        {
            if (ends[i] && !IsHeldAtAny(ends, _points[i].Wanted))
            {
                ends[i] = false;
                isNarrower = true;
            }
        }

        return isNarrower;
    }

    private bool IsHeldAtAny(bool[] places, int wanted) => _points.Where((point, i) => places[i] && (point.Held & wanted) != 0).Any();

    // Only those who stand at the end count: whoever gets through was only in the way of the others, and may as well not have been there.
    private bool Reaches(bool[] ends, Predicate<List<int>> isGoal)
    {
        // A point leads to what was compiled before it.
        _leads = new bool[_points.Count];
        for (int i = 0; i < _points.Count; i++)
        {
            Point point = _points[i];
            _leads[i] = ends[i] || (point.Next >= 0 && _leads[point.Next]) || (point.Skipped is >= 0 and { } skipped && _leads[skipped]);
        }

        _isGoal = isGoal;
        Visit([]);
        while (_left.TryPop(out List<int>? state))
        {
            if (VisitNeighborsOf(state))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether, in a world in which no wait ever ends, a callback can come to stand for ever: in a wait, or before what somebody has who
    /// stands for ever. Whoever is told to let go must never depend on a wait, so each of these must be a finding.
    /// </summary>
    internal bool CallbackCanStand()
    {
        _waitsEnd = false;
        bool[] ends = [.. _points.Select(static point => point.Held != 0 && (point.Wanted & Waits) != 0)];
        while (Widen(ends))
        {
        }

        return Reaches(ends, state =>
        {
            bool[] stands = [.. state.Select(point => (_points[point].Wanted & Waits) != 0)];
            for (bool isGrowing = true; isGrowing;)
            {
                isGrowing = false;
                for (int i = 0; i < state.Count; i++)
                {
                    Point point = _points[state[i]];
                    if (!stands[i] && point.Skipped is null && state.Where((_, j) => stands[j]).Any(other => (_points[other].Held & point.Wanted) != 0))
                    {
                        isGrowing = stands[i] = true;
                    }
                }
            }

            return state.Where((point, i) => stands[i] && (_points[point].Held & (1 << Schedule)) != 0).Any();
        });
    }

    private bool Widen(bool[] ends)
    {
        bool isWider = false;
        for (int i = 0; i < ends.Length; i++)
        {
            if (!ends[i] && _points[i] is { Skipped: null, Held: not 0 } && IsHeldAtAny(ends, _points[i].Wanted))
            {
                isWider = ends[i] = true;
            }
        }

        return isWider;
    }

    private void CompileSections()
    {
        foreach (ContractStep section in _scenario.Sections)
        {
            Start(Compile([section], held: 0, next: -1));
        }
    }

    // Owners who were never met: each calls callbacks, and then waits for a fence of the class.
    private void CompileStrangers(string exported)
    {
        foreach (char name in exported.Select(_scenario.ClassOf).Distinct())
        {
            Start(Add(held: 0, 1 << Schedule, Add(1 << Schedule, Bit(char.ToUpperInvariant(name)), next: -1)));
        }
    }

    private void Start(int first)
    {
        if (first >= 0 && !_starts.Contains(first))
        {
            _starts.Add(first);
        }
    }

    // From last to first: each leads into its own inside, then to its neighbour.
    private int Compile(ContractStep[] steps, int held, int next)
    {
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            ContractStep step = steps[i];
            int bit = Bit(step.Target);
            next = step.Kind switch
            {
                'R' => Add(held, bit, Add(held, 1 << Schedule, next)),
                'I' => CompileInvalidation(step, held, next),
                'S' when (held & bit) != 0 => Compile(step.Inside, held, next),
                _ when Nests(held, bit) => next,
                'L' => Add(held, bit, Compile(step.Inside, held | bit, next)),
                'T' => Add(held, bit, Compile(step.Inside, held | bit, next), next),
                'S' => Compile(step.Inside, held | bit, next),
                _ => Add(held, bit, next),
            };
        }

        return next;
    }

    private int CompileInvalidation(ContractStep step, int held, int next)
    {
        ContractSubscriber[] subscribers = [.. _scenario.Of(step.Target)];
        if (!Nests(held, Bit(step.Target)))
        {
            int inSession = held | Bit(step.Target);
            for (int i = subscribers.Length - 1; i >= 0; i--)
            {
                next = Add(inSession, Bit(subscribers[i].Fence), next);
            }

            next = Compile(step.Inside, inSession, next);
        }

        for (int i = subscribers.Length - 1; i >= 0; i--)
        {
            next = Add(held, 1 << Schedule, Compile(subscribers[i].Callback, held | (1 << Schedule), next));
        }

        return Add(held, 1 << Schedule, next); // callbacks may be called, even if there are none
    }

    /// <summary>Where two of the class nest nothing is exchanged: that they differ may be what it depends on.</summary>
    private bool Nests(int held, int bit) => (held & _class) != 0 && (bit & _class) != 0;

    private int Bit(char name)
    {
        int bit = 1 << BitOf(name);
        return bit == _exchanged ? _standIn : bit;
    }

    private static int BitOf(char name) => name switch
    {
        >= '0' and <= '2' => name - '0',
        >= 'a' and <= 'c' => FirstFence + name - 'a',
        >= 'A' and <= 'C' => FirstStranger + name - 'A',
        _ => FirstSession + name - 'x',
    };

    private char ClassOf(char name) => char.IsUpper(name) ? char.ToLowerInvariant(name) : _scenario.ClassOf(name);

    private int Add(int held, int wanted, int next, int? skipped = null)
    {
        if (Nests(held, wanted))
        {
            return next;
        }

        // What goes on alike is one place, so what an exchange does not touch is not there twice.
        Point point = new(held, wanted, next, skipped);
        if (!_places.TryGetValue(point, out int place))
        {
            place = _points.Count;
            _places.Add(point, place);
            _points.Add(point);
        }

        return place;
    }

    private bool Visit(List<int> state)
    {
        if (!_seen.Add(KeyOf(state)))
        {
            return false;
        }

        _left.Push(state);
        return _isGoal(state);
    }

    private bool VisitNeighborsOf(List<int> state)
    {
        for (int i = 0; i < state.Count; i++)
        {
            Point point = _points[state[i]];
            if ((IsFree(state, point.Wanted) && Visit(Moved(state, i, point.Next)))
                || (point.Skipped is { } skipped && Visit(Moved(state, i, skipped))))
            {
                return true;
            }
        }

        return state.Count < MostWorkers && _starts.Any(start => _leads[start] && Visit(Moved(state, -1, start)));
    }

    /// <summary>Nobody, oneself included, has what is wanted, or is on the way to it.</summary>
    private bool IsFree(List<int> state, int wanted) =>
        (_waitsEnd || (wanted & Waits) == 0) && state.TrueForAll(point => (_points[point].Held & wanted) == 0);

    private List<int> Moved(List<int> state, int worker, int to)
    {
        List<int> moved = [.. state];
        if (worker >= 0)
        {
            moved.RemoveAt(worker);
        }

        // Who holds nothing is in nobody's way: where it stands it may stand later, too, whenever it is needed.
        while (to >= 0 && _points[to] is { Held: 0 } idle)
        {
            if (!IsFree(moved, idle.Wanted))
            {
                to = idle.Skipped ?? -1;
                continue;
            }

            to = idle.Next;
        }

        if (to >= 0 && _leads[to])
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
            key = (key * 256) + (ulong)point + 1;
        }

        return key;
    }
}
