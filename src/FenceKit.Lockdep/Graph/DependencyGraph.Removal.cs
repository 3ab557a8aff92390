// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Graph;

internal sealed partial class DependencyGraph
{
    /// <summary>
    /// Removes a node but keeps the order that led through it: each predecessor is connected to each successor. Linux forgets such orders
    /// and learns them again; here a short-lived class would then make the graph forget forever.
    /// </summary>
    public void Remove(LockNode node)
    {
        foreach (LockEdge before in node.Before)
        {
            foreach (LockEdge after in node.After)
            {
                if (!ReferenceEquals(before.From, node) && !ReferenceEquals(after.To, node))
                {
                    Bypass(before, after);
                }
            }
        }

        foreach (LockEdge before in node.Before)
        {
            before.From.After.Remove(before);
            Drop(before);
        }

        foreach (LockEdge after in node.After)
        {
            after.To.Before.Remove(after);
            Drop(after);
        }

        node.IsRemoved = true;
        _nodes.Remove((node.Class.Id, node.Subclass));
        _names.Remove(node.Name);
    }

    public IEnumerable<LockNode> NodesOf(LockClass lockClass)
    {
        for (int subclass = 0; subclass <= LockClass.MaxSubclass; subclass++)
        {
            if (_nodes.TryGetValue((lockClass.Id, subclass), out LockNode? node))
            {
                yield return node;
            }
        }
    }

    /// <summary>
    /// Checks, for tests, that every edge is known to both ends and to the table, and that no edge leads to a removed node.
    /// </summary>
    public void CheckInvariants()
    {
        int listed = 0;
        foreach (LockNode node in _nodes.Values)
        {
            listed += node.After.Count;
            foreach (LockEdge edge in node.After)
            {
                Require(ReferenceEquals(edge.From, node) && edge.To.Before.Contains(edge) && !edge.To.IsRemoved, "an edge is known to both ends");
                Require(ReferenceEquals(Find(edge.From, edge.To), edge), "an edge is in the table");
            }
        }

        Require(listed == _edges.Count, "the table holds exactly the edges of the nodes");
        Require(EdgeCount == Edges.Count(), "the edges that are orders are counted");
    }

    private void Drop(LockEdge edge)
    {
        _edges.Remove((edge.From, edge.To));
        EdgeCount -= edge.Kinds == LockDependencyKinds.None ? 0 : 1;
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Broken invariant of the graph: {what}.");
        }
    }

    private void Bypass(LockEdge before, LockEdge after)
    {
        // A path back to its start is not an order between two classes.
        if (ReferenceEquals(before.From, after.To))
        {
            return;
        }

        AddHint(before.From, after.To);
        foreach (var (first, firstEvidence) in before.Evidence)
        {
            foreach (var (second, secondEvidence) in after.Evidence)
            {
                if (IsStrong(first, second))
                {
                    var evidence = new LockViolationEdge(
                        firstEvidence.Held, secondEvidence.Wanted, secondEvidence.Thread, origin: $"through {before.To.Name}, which has gone away");
                    Add(before.From, after.To, Join(first, second), evidence);
                }
            }
        }
    }

    private static bool IsStrong(LockDependencyKinds first, LockDependencyKinds second)
    {
        bool intoRecursive = first is LockDependencyKinds.ExclusiveToRecursive or LockDependencyKinds.SharedToRecursive;
        bool fromShared = second is LockDependencyKinds.SharedToRecursive or LockDependencyKinds.SharedToQueued;
        return !(intoRecursive && fromShared);
    }

    private static LockDependencyKinds Join(LockDependencyKinds first, LockDependencyKinds second)
    {
        bool isExclusive = first is LockDependencyKinds.ExclusiveToRecursive or LockDependencyKinds.ExclusiveToQueued;
        bool isRecursive = second is LockDependencyKinds.ExclusiveToRecursive or LockDependencyKinds.SharedToRecursive;
        return KindOf(
            isExclusive ? LockAcquireMode.Exclusive : LockAcquireMode.Shared,
            isRecursive ? LockAcquireMode.SharedRecursive : LockAcquireMode.Exclusive);
    }
}
