// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Rules;

/// <summary>
/// Reports cycles: first of the observed instances, else with one instance replaced, else of classes. Called under the validator's gate.
/// </summary>
internal sealed class CycleRule(DependencyGraph graph, DeadlockSearch search)
{
    /// <summary>
    /// The shortest strong cycle that a dependency closes, judged by classes alone. Call it before the dependency is added.
    /// </summary>
    public LockViolation? OfClasses(Acquisition wanted, LockNode from, SituationItem held, LockNode to, LockViolationEdge closing)
    {
        List<LockViolationEdge>? path = graph.FindForward(
            to,
            wanted.Mode == LockAcquireMode.SharedRecursive,
            (node, isWeak) => ReferenceEquals(node, from) && !(isWeak && held.Record.IsReader));
        if (path is null)
        {
            return null;
        }

        List<LockViolationEdge> cycle = [closing, .. path];
        return Report(wanted, cycle, LockConfidence.Possible, Interleavings.Cycle(cycle)) with
        {
            Assumption = cycle.Exists(static edge => edge.Wanted.Attempt == LockAttempt.Timed)
                ? "an acquisition with a time limit runs into it again and again"
                : "other locks of these classes are taken in the same orders",
        };
    }

    /// <summary>A set of situations that deadlocks and includes the newest one.</summary>
    public LockViolation? OfInstances(Acquisition wanted, Situation newest)
    {
        if (search.FindCertain(newest) is { } certain)
        {
            return OfRoles(wanted, certain, LockConfidence.Certain, null);
        }

        if (search.FindAssuming(newest) is { } assumed)
        {
            LockMap[] uncertain = [.. assumed.SelectMany(static role => role.Situation.Uncertain)];
            LockMap[] wantedOnes = Array.FindAll(uncertain, map => assumed.Any(role => ReferenceEquals(role.Situation.Want.Map, map)));
            uncertain = wantedOnes.Length > 0 ? wantedOnes : uncertain;
            return OfRoles(wanted, assumed, LockConfidence.Likely, Acquisition.IsAwaited(uncertain));
        }

        if (search.FindLikely(newest, CyclicClasses(newest), out LockMap? original, out LockMap? standIn) is { } likely)
        {
            return OfRoles(wanted, likely, LockConfidence.Likely, $"what was seen with {original} also happens with {standIn}");
        }

        return null;
    }

    /// <summary>Whether a situation involves a class on some cycle. No other situation can be part of a deadlock.</summary>
    public bool IsOnCircle(Situation situation)
        => graph.IsCyclic(situation.Want.Class) || Array.Exists(situation.Held, item => graph.IsCyclic(item.Class));

    /// <summary>Checks whether earlier situations may deadlock now that there is a second instance.</summary>
    public LockViolation? WithNewInstance(Acquisition wanted) => search.FindLikely(wanted.Map, IsOnCircle, out LockMap? original) is { } likely
        ? OfRoles(wanted, likely, LockConfidence.Likely, $"what was seen with {original} also happens with {wanted.Map}")
        : null;

    // Any class may provide the replacement, even that of a guard; those of the newest situation come first.
    private IEnumerable<LockClass> CyclicClasses(Situation newest)
    {
        var seen = new HashSet<LockClass>();
        foreach (LockClass lockClass in (IEnumerable<LockClass>)[newest.Want.Class, .. newest.Held.Select(static item => item.Class), .. graph.Nodes.Select(static node => node.Class)])
        {
            if (seen.Add(lockClass))
            {
                yield return lockClass;
            }
        }
    }

    private LockViolation OfRoles(Acquisition wanted, IReadOnlyList<DeadlockRole> roles, LockConfidence confidence, string? assumption)
    {
        List<(int Role, SituationItem Held)> circle = CircleOf(roles);
        if (confidence == LockConfidence.Certain && circle.Find(static step => step.Held.Map.StandsForMany).Held.Map is { } many)
        {
            (confidence, assumption) = (LockConfidence.Likely, $"what was seen of one {many.Class.Name} is so of another");
        }
        List<LockViolationEdge> edges = circle.ConvertAll(step => EdgeOf(roles[step.Role], step.Held));

        // The threads of the cycle come first, in its order, so that step n of a report is what thread n does.
        IEnumerable<int> others = Enumerable.Range(0, roles.Count).Except(circle.Select(static step => step.Role));
        var threads = new List<(IReadOnlyList<HeldLock> Held, HeldLock Wanted)>();
        foreach (int index in circle.Select(static step => step.Role).Concat(others))
        {
            DeadlockRole role = roles[index];
            threads.Add((DescribeHeld(role), Describe(role, role.Situation.Want)));
        }

        return Report(wanted, edges, confidence, Interleavings.Set(threads)) with { Assumption = assumption };
    }

    private LockViolationEdge EdgeOf(DeadlockRole role, SituationItem held)
        => new(Describe(role, held), Describe(role, role.Situation.Want), role.Situation.Thread, DescribeHeld(role));

    private HeldLock[] DescribeHeld(DeadlockRole role) => Array.ConvertAll(role.Situation.Held, item => Describe(role, item));

    private HeldLock Describe(DeadlockRole role, SituationItem item) => new SituationItem(search.MapOf(role, item), item.Record).Describe();

    // Follows the waiters until the walk returns to a visited thread: the set may contain more threads than the cycle, such as a writer
    // that readers queue behind.
    private List<(int Role, SituationItem Held)> CircleOf(IReadOnlyList<DeadlockRole> roles)
    {
        var steps = new List<(int Role, SituationItem Held)>();
        var visited = new List<int>();
        int current = 0;
        while (!visited.Contains(current))
        {
            visited.Add(current);
            (int Role, SituationItem Held) step = HolderOf(roles, search.MapOf(roles[current], roles[current].Situation.Want), current);
            steps.Add(step);
            current = step.Role;
        }

        // The walk may have started outside the cycle.
        int start = visited.IndexOf(current);
        return steps.GetRange(start, steps.Count - start);
    }

    private (int Role, SituationItem Held) HolderOf(IReadOnlyList<DeadlockRole> roles, LockMap wanted, int waiter)
    {
        for (int offset = 1; offset <= roles.Count; offset++)
        {
            int index = (waiter + offset) % roles.Count;
            foreach (SituationItem item in roles[index].Situation.Held)
            {
                bool isOwnUpgrade = index == waiter && item.Mode == LockAcquireMode.Upgradeable
                    && roles[waiter].Situation.Want.Mode == LockAcquireMode.Exclusive;
                if (ReferenceEquals(search.MapOf(roles[index], item), wanted) && !isOwnUpgrade)
                {
                    return (index, item);
                }
            }
        }

        throw new System.Diagnostics.UnreachableException("Somebody in the set holds what is waited for.");
    }

    private static LockViolation Report(Acquisition wanted, List<LockViolationEdge> cycle, LockConfidence confidence, LockInterleaving interleaving)
    {
        var names = cycle.ConvertAll(static edge => edge.Held.ClassName);
        string circle = string.Join(" -> ", names);
        return wanted.Violation(LockViolationKind.CircularDependency, confidence, $"The order {circle} -> {names[0]} is a circle.") with
        {
            Dependencies = cycle,
            Table = interleaving,
            IsDeclared = cycle.TrueForAll(static edge => edge.Held.Class.IsDeclared),
            Key = $"{LockViolationKind.CircularDependency}|{Normalize(names)}",
        };
    }

    // A cycle has no first member, so it starts with the smallest name.
    private static string Normalize(List<string> names)
    {
        string best = string.Join('|', names);
        for (int i = 1; i < names.Count; i++)
        {
            string turned = string.Join('|', [.. names[i..], .. names[..i]]);
            best = string.CompareOrdinal(turned, best) < 0 ? turned : best;
        }

        return best;
    }
}
