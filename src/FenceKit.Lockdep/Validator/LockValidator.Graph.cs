// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    /// <summary>All known dependencies, ordered by name.</summary>
    /// <remarks>A copy. Thread safe; blocks briefly while something new is validated; allocates.</remarks>
    public IReadOnlyList<LockDependency> GetDependencies()
    {
        var dependencies = new List<LockDependency>();
        using (_gate.EnterScope())
        {
            foreach (LockEdge edge in _graph.Edges)
            {
                LockViolationEdge evidence = edge.EvidenceFor((LockDependencyKinds)15);
                dependencies.Add(new LockDependency(edge.From.Name, edge.To.Name, edge.Kinds, evidence));
            }
        }

        dependencies.Sort(static (left, right) =>
            string.CompareOrdinal(left.From, right.From) is var order and not 0 ? order : string.CompareOrdinal(left.To, right.To));
        return dependencies;
    }

    /// <summary>The names that <see cref="GetDependencies"/> uses, for classes and subclasses.</summary>
    internal Dictionary<(LockClass Class, int Subclass), string> GetNodeNames()
    {
        using (_gate.EnterScope())
        {
            return _graph.Nodes.ToDictionary(static node => (node.Class, node.Subclass), static node => node.Name);
        }
    }

    /// <summary>Throws when the graph is inconsistent; for tests.</summary>
    internal void CheckInvariants()
    {
        using (_gate.EnterScope())
        {
            _graph.CheckInvariants();
        }
    }
}
