// SPDX-License-Identifier: MIT
using System.Globalization;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

/// <summary>
/// The dependency graph: an edge from A to B means that B was acquired while A was held. It has no lock of its own; the validator's gate
/// guards it. The reader rules are those of Linux lockdep: a path counts only when it is strong, that is, when no step to a recursive
/// reader is followed by a step from a reader.
/// </summary>
internal sealed partial class DependencyGraph
{
    private readonly Dictionary<(int Class, int Subclass), LockNode> _nodes = [];
    private readonly Dictionary<(LockNode From, LockNode To), LockEdge> _edges = [];
    private readonly HashSet<LockClass> _cyclic = [];
    private readonly Dictionary<string, LockNode> _unclaimed = [];
    private readonly HashSet<string> _names = [];

    public int NodeCount => _nodes.Count;

    public int EdgeCount { get; private set; }

    public IEnumerable<LockNode> Nodes => _nodes.Values;

    public IEnumerable<LockEdge> Edges => _edges.Values.Where(static edge => edge.Kinds != LockDependencyKinds.None);

    public LockNode NodeOf(LockClass lockClass, int subclass)
    {
        if (!_nodes.TryGetValue((lockClass.Id, subclass), out LockNode? node))
        {
            string name = UnusedNameOf(lockClass, subclass);
            node = Claim(lockClass, subclass, name) ?? new LockNode(lockClass, subclass, name);
            _names.Add(name);
            _nodes.Add((lockClass.Id, subclass), node);
        }

        return node;
    }

    /// <summary>
    /// Returns a unique name for a node: two classes may have the same name, and a class may have the name of another's subclass. The first
    /// one keeps its name and the others get a number, because snapshots identify nodes by name. A name that was only primed is still
    /// available.
    /// </summary>
    private string UnusedNameOf(LockClass lockClass, int subclass)
    {
        string natural = HeldLock.NameOf(lockClass, subclass);
        string name = natural;
        for (int number = 2; _names.Contains(name); number++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{natural} ({number})");
        }

        return name;
    }

    /// <summary>
    /// Returns the node with this name, or creates one for a primed name; a class that appears later under the name takes the node over.
    /// </summary>
    public LockNode NodeNamed(string name)
    {
        if (_unclaimed.TryGetValue(name, out LockNode? node))
        {
            return node;
        }

        int slash = name.Length - 2;
        bool hasSubclass = slash > 0 && name[slash] == '/' && name[^1] is >= '1' and <= (char)('0' + LockClass.MaxSubclass);
        node = new LockNode(LockClass.Primed(hasSubclass ? name[..slash] : name), hasSubclass ? name[^1] - '0' : 0, name);
        _nodes.Add((node.Class.Id, node.Subclass), node);
        _unclaimed.Add(name, node);
        return node;
    }

    public LockEdge? Find(LockNode from, LockNode to) => _edges.GetValueOrDefault((from, to));

    public bool Has(LockNode from, LockNode to, LockDependencyKinds kinds) => Find(from, to) is { } edge && (edge.Kinds & kinds) == kinds;

    /// <summary>Adds a dependency. True when it, or this kind of it, is new.</summary>
    public bool Add(LockNode from, LockNode to, LockDependencyKinds kinds, LockViolationEdge evidence)
    {
        LockEdge edge = Find(from, to) ?? Connect(from, to);
        EdgeCount += edge.Kinds == LockDependencyKinds.None ? 1 : 0;
        return edge.Add(kinds, evidence);
    }

    /// <summary>Adds an edge without a kind: no search uses it as an order, but cycles are searched for around it.</summary>
    public void AddHint(LockNode from, LockNode to)
    {
        if (Find(from, to) is null)
        {
            MarkCircles(from, to);
            Connect(from, to);
        }
    }

    public static LockDependencyKinds KindOf(LockAcquireMode held, LockAcquireMode wanted)
        => (held == LockAcquireMode.Exclusive, wanted == LockAcquireMode.SharedRecursive) switch
        {
            (true, true) => LockDependencyKinds.ExclusiveToRecursive,
            (true, false) => LockDependencyKinds.ExclusiveToQueued,
            (false, true) => LockDependencyKinds.SharedToRecursive,
            _ => LockDependencyKinds.SharedToQueued,
        };

    /// <summary>Whether the class is on some cycle, strong or not: only there can a set of instances deadlock.</summary>
    public bool IsCyclic(LockClass lockClass) => _cyclic.Contains(lockClass);

    public bool HasCircles => _cyclic.Count > 0;

    public void MarkCyclic(LockClass lockClass) => _cyclic.Add(lockClass);

    /// <summary>Marks every class on any cycle through a new dependency. False when it closes none: then no search can find one.</summary>
    public bool MarkCircles(LockNode from, LockNode to)
    {
        if (!Reaches(to, from))
        {
            return false;
        }

        HashSet<LockNode> forward = Closure(to, static node => node.After, static edge => edge.To);
        HashSet<LockNode> backward = Closure(from, static node => node.Before, static edge => edge.From);
        foreach (LockNode node in forward)
        {
            if (backward.Contains(node))
            {
                _cyclic.Add(node.Class);
            }
        }

        return true;
    }

    private LockNode? Claim(LockClass lockClass, int subclass, string name)
    {
        if (_unclaimed.Count == 0 || !_unclaimed.Remove(name, out LockNode? node))
        {
            return null;
        }

        _nodes.Remove((node.Class.Id, node.Subclass));
        if (_cyclic.Contains(node.Class))
        {
            _cyclic.Add(lockClass);
        }

        node.Class = lockClass;
        node.Subclass = subclass;
        return node;
    }

    private LockEdge Connect(LockNode from, LockNode to)
    {
        var edge = new LockEdge(from, to);
        _edges.Add((from, to), edge);
        from.After.Add(edge);
        to.Before.Add(edge);
        return edge;
    }

    private static HashSet<LockNode> Closure(LockNode start, Func<LockNode, List<LockEdge>> edges, Func<LockEdge, LockNode> end)
    {
        var seen = new HashSet<LockNode> { start };
        var queue = new Queue<LockNode>([start]);
        while (queue.TryDequeue(out LockNode? node))
        {
            foreach (LockEdge edge in edges(node))
            {
                if (seen.Add(end(edge)))
                {
                    queue.Enqueue(end(edge));
                }
            }
        }

        return seen;
    }
}
