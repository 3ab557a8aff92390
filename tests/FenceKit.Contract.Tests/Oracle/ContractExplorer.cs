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
    private const int MostPoints = 63;
    private const int Schedule = 3;      // bits of what is held: locks 0 to 2, then the callbacks of invalidations,
    private const int FirstFence = 4;    // then signaling sections,
    private const int FirstSession = 8;  // then sessions

    private readonly ContractScenario _scenario;
    private readonly List<Point> _points = [];
    private readonly List<int> _starts = [];
    private readonly HashSet<ulong> _seen = [];
    private readonly Stack<List<int>> _left = []; // seen, and not gone on from

    /// <summary>A worker stands before something that may not be free. Next: where it stands after that; Skipped: after a try that failed. -1: it is through.</summary>
    private readonly record struct Point(int Held, int Wanted, int Next, int? Skipped);

    internal ContractExplorer(ContractScenario scenario)
    {
        _scenario = scenario;
        foreach (ContractStep section in scenario.Sections)
        {
            int first = Compile([section], held: 0, next: -1);
            if (first >= 0)
            {
                _starts.Add(first);
            }
        }
    }

    /// <summary>Small enough to be explored.</summary>
    internal bool IsSmall => _points.Count <= MostPoints;

    internal bool CanHang()
    {
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
    /// Whether a callback waits, or takes a lock that anybody anywhere holds over a wait: while he waits himself, or for somebody who does.
    /// An invalidation stands for those who wait for what its subscribers handed back, and for its callbacks.
    /// </summary>
    internal static bool WaitsInCallback(ContractScenario scenario)
    {
        ContractStep[] steps = [.. AllSteps(Prune(scenario.Sections))];
        ContractSubscriber[] called = [.. CalledIn(scenario)];
        ContractStep[] inCallbacks = [.. AllSteps(called.SelectMany(static subscriber => Prune(subscriber.Callback)))];
        ContractStep[] all = [.. steps, .. inCallbacks];
        HashSet<char> overWait = []; // locks and fences
        bool isGrowing = true;
        while (isGrowing)
        {
            isGrowing = false;
            foreach (ContractStep step in all.Where(static step => step.Kind is 'L' or 'T' or 'S'))
            {
                isGrowing |= AllSteps(step.Inside).Any(Waits) && overWait.Add(step.Target);
            }
        }

        return inCallbacks.Any(step => step.Kind == 'W' || (step.Kind == 'L' && overWait.Contains(step.Target)));

        bool Waits(ContractStep step) => step.Kind switch
        {
            'W' or 'R' => true,
            'L' => overWait.Contains(step.Target),
            'I' => scenario.Of(step.Target).Any()
                || called.Any(subscriber => overWait.Contains(subscriber.Fence))
                || inCallbacks.Any(inside => inside.Kind == 'W' || (inside.Kind == 'L' && overWait.Contains(inside.Target))),
            _ => false,
        };
    }

    /// <summary>The subscribers of owners that were invalidated: only what ran counts.</summary>
    internal static IEnumerable<ContractSubscriber> CalledIn(ContractScenario scenario) => scenario.Subscribers.Where(
        subscriber => AllSteps(Prune(scenario.Sections)).Any(step => step.Kind == 'I' && step.Target == subscriber.Owner));

    private static IEnumerable<ContractStep> AllSteps(IEnumerable<ContractStep> steps) =>
        steps.SelectMany(static step => AllSteps(step.Inside).Prepend(step));

    /// <summary>Without what leads nowhere: a try for a lock of one's own fails each time, and waiting for it is waiting for oneself.</summary>
    private static IEnumerable<ContractStep> Prune(IEnumerable<ContractStep> steps, string held = "") => steps.SelectMany(step => step.Kind switch
    {
        'T' when held.Contains(step.Target, StringComparison.Ordinal) => [],
        'L' when held.Contains(step.Target, StringComparison.Ordinal) => Prune(step.Inside, held),
        _ => [step with { Inside = [.. Prune(step.Inside, held + step.Target)] }],
    });

    // From last to first: each leads into its own inside, then to its neighbour.
    private int Compile(ContractStep[] steps, int held, int next)
    {
        for (int i = steps.Length - 1; i >= 0; i--)
        {
            ContractStep step = steps[i];
            next = step.Kind switch
            {
                'L' => Add(held, LockBit(step), Compile(step.Inside, held | LockBit(step), next)),
                'T' => Add(held, LockBit(step), Compile(step.Inside, held | LockBit(step), next), next),
                'S' => Compile(step.Inside, held | FenceBit(step.Target), next),
                'W' => Add(held, FenceBit(step.Target), next),
                'R' => Add(held, SessionBit(step), Add(held, 1 << Schedule, next)),
                _ => CompileInvalidation(step, held, next),
            };
        }

        return next;
    }

    private int CompileInvalidation(ContractStep step, int held, int next)
    {
        ContractSubscriber[] subscribers = [.. _scenario.Of(step.Target)];
        int inSession = held | SessionBit(step);
        for (int i = subscribers.Length - 1; i >= 0; i--)
        {
            next = Add(inSession, FenceBit(subscribers[i].Fence), next);
        }

        next = Compile(step.Inside, inSession, next);
        for (int i = subscribers.Length - 1; i >= 0; i--)
        {
            next = Add(held, 1 << Schedule, Compile(subscribers[i].Callback, held | (1 << Schedule), next));
        }

        return Add(held, 1 << Schedule, next); // callbacks may be called, even if there are none
    }

    private static int LockBit(ContractStep step) => 1 << (step.Target - '0');

    private static int FenceBit(char fence) => 1 << (FirstFence + fence - 'a');

    private static int SessionBit(ContractStep step) => 1 << (FirstSession + step.Target - 'x');

    private int Add(int held, int wanted, int next, int? skipped = null)
    {
        _points.Add(new Point(held, wanted, next, skipped));
        return _points.Count - 1;
    }

    private bool Visit(List<int> state)
    {
        if (!_seen.Add(KeyOf(state)))
        {
            return false;
        }

        _left.Push(state);
        return state.Count > 0 && state.TrueForAll(point => _points[point].Skipped is null && !IsFree(state, _points[point].Wanted));
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

        return state.Count < MostWorkers && _starts.Any(start => Visit(Moved(state, -1, start)));
    }

    /// <summary>Nobody, oneself included, has what is wanted, or is on the way to it.</summary>
    private bool IsFree(List<int> state, int wanted) => state.TrueForAll(point => (_points[point].Held & wanted) == 0);

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
            key = (key * 64) + (ulong)point + 1;
        }

        return key;
    }
}
