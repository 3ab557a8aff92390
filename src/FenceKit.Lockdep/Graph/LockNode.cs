// SPDX-License-Identifier: MIT
using System.Diagnostics;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

/// <summary>A class and subclass in the graph of one validator. Guarded by the validator's gate.</summary>
[DebuggerDisplay("{Name,nq}")]
internal sealed class LockNode(LockClass lockClass, int subclass, string name)
{
    /// <summary>The class; until a primed class is first used, a stand-in with the same name.</summary>
    public LockClass Class { get; set; } = lockClass;

    public int Subclass { get; set; } = subclass;

    /// <summary>The name, unique in the graph: snapshots and pictures identify nodes by it.</summary>
    public string Name { get; } = name;

    public List<LockEdge> After { get; } = [];

    public List<LockEdge> Before { get; } = [];

    public LockUsage Usage { get; } = new();

    public bool IsRemoved { get; set; }

    /// <summary>Search marks: the search that visited this node last, and which of the two states it reached.</summary>
    public int Visit;
    public int VisitStates;
}

/// <summary>An edge of the dependency graph, with the first evidence for each of its kinds.</summary>
[DebuggerDisplay("{From.Name,nq} -> {To.Name,nq} ({Kinds})")]
internal sealed class LockEdge(LockNode from, LockNode to)
{
    private readonly LockViolationEdge?[] _evidence = new LockViolationEdge?[4];

    public LockNode From { get; } = from;

    public LockNode To { get; } = to;

    public LockDependencyKinds Kinds { get; private set; }

    /// <summary>Adds kinds. True when a kind is new, or when this is the first acquisition without a time limit.</summary>
    public bool Add(LockDependencyKinds kinds, LockViolationEdge evidence)
    {
        bool isNew = (Kinds & kinds) != kinds;
        Kinds |= kinds;
        for (int i = 0; i < _evidence.Length; i++)
        {
            if (((int)kinds & (1 << i)) != 0 && (_evidence[i] is not { } known || (IsTimed(known) && !IsTimed(evidence))))
            {
                _evidence[i] = evidence;
            }
        }

        return isNew;
    }

    public LockViolationEdge EvidenceFor(LockDependencyKinds allowed)
    {
        LockViolationEdge? best = null;
        for (int i = 0; i < _evidence.Length; i++)
        {
            if (((int)allowed & (1 << i)) != 0 && _evidence[i] is { } found && (best is null || IsTimed(best)))
            {
                best = found;
            }
        }

        return best ?? throw new UnreachableException("A path never uses a kind that an edge does not have.");
    }

    public IEnumerable<(LockDependencyKinds Kind, LockViolationEdge Evidence)> Evidence
    {
        get
        {
            for (int i = 0; i < _evidence.Length; i++)
            {
                if (_evidence[i] is { } evidence)
                {
                    yield return ((LockDependencyKinds)(1 << i), evidence);
                }
            }
        }
    }

    private static bool IsTimed(LockViolationEdge evidence) => evidence.Wanted.Attempt == LockAttempt.Timed;
}
