// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    /// <summary>Exports the lock order so far, primed or observed, by the names of classes.</summary>
    /// <remarks>Thread safe; allocates. Classes should have unique names: classes with the same name become one.</remarks>
    public LockOrderSnapshot ExportSnapshot()
        => LockOrderSnapshot.Create(GetDependencies().Where(static edge => edge.From != edge.To)
            .Select(static edge => new LockDependency(edge.From, edge.To, edge.Kinds)));

    /// <summary>Adopts an order as if it had been observed: a run of one part of a program is then checked against all of it.</summary>
    /// <param name="snapshot">The order. Classes are matched by name when they are first used.</param>
    /// <remarks>Call it at the start, once for each snapshot.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="snapshot"/> is null.</exception>
    /// <exception cref="ArgumentException">The order contradicts itself or an earlier one; none of it is adopted.</exception>
    /// <exception cref="InvalidOperationException">Locks have been seen already.</exception>
    public void Prime(LockOrderSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        using (_gate.EnterScope())
        {
            if (!_chains.IsEmpty)
            {
                throw new InvalidOperationException("A validator is primed before it sees the first lock.");
            }

            LockOrderSnapshot all = (_primed ?? LockOrderSnapshot.Empty).Merge(snapshot);
            if (FindContradiction(all) is { } circle)
            {
                throw new ArgumentException($"The order contradicts itself: {circle}.", nameof(snapshot));
            }

            Fill(_graph, snapshot);
            _primed = all;
        }
    }

    private LockOrderSnapshot? _primed;

    private static string? FindContradiction(LockOrderSnapshot snapshot)
    {
        var graph = new DependencyGraph();
        Fill(graph, snapshot);
        foreach (LockEdge edge in graph.Edges)
        {
            foreach ((LockDependencyKinds kind, _) in edge.Evidence)
            {
                bool intoRecursive = kind is LockDependencyKinds.ExclusiveToRecursive or LockDependencyKinds.SharedToRecursive;
                bool fromShared = kind is LockDependencyKinds.SharedToRecursive or LockDependencyKinds.SharedToQueued;
                List<LockViolationEdge>? path = graph.FindForward(
                    edge.To, intoRecursive, (node, isWeak) => ReferenceEquals(node, edge.From) && !(isWeak && fromShared));
                if (path is not null)
                {
                    return string.Join(" -> ", [edge.From.Name, .. path.Select(static step => step.Held.ClassName), edge.From.Name]);
                }
            }
        }

        return null;
    }

    private static void Fill(DependencyGraph graph, LockOrderSnapshot snapshot)
    {
        foreach (LockDependency entry in snapshot.Entries)
        {
            LockNode from = graph.NodeNamed(entry.From);
            LockNode to = graph.NodeNamed(entry.To);
            var evidence = new LockViolationEdge(Primed(from), Primed(to), "", origin: "the primed order");
            graph.MarkCircles(from, to);
            graph.Add(from, to, entry.Kinds, evidence);
        }

        static HeldLock Primed(LockNode node)
            => new(node.Class, node.Subclass, "(any)", LockAcquireMode.Exclusive, LockAttempt.Blocking, null, null);
    }
}
