// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Graph;

internal sealed partial class DependencyGraph
{
    private readonly List<SearchItem> _queue = [];
    private int _visit;

    /// <summary>
    /// Decides whether a path may end at a node. <paramref name="isWeak"/>: the last step leads only to a recursive reader (or, in a
    /// backward search, only from a reader).
    /// </summary>
    public delegate bool PathEnd(LockNode node, bool isWeak);

    private readonly record struct SearchItem(LockNode Node, bool IsWeak, int Parent, LockEdge? Edge, LockDependencyKinds Kinds);

    /// <summary>
    /// Whether any path exists, strong or not. Cheaper than the search for a strong path, which does not exist either if this is false.
    /// </summary>
    public bool Reaches(LockNode from, LockNode to)
    {
        _visit++;
        _queue.Clear();
        _queue.Add(new SearchItem(from, false, -1, null, LockDependencyKinds.None));
        from.Visit = _visit;
        for (int i = 0; i < _queue.Count; i++)
        {
            if (ReferenceEquals(_queue[i].Node, to))
            {
                return true;
            }

            foreach (LockEdge edge in _queue[i].Node.After)
            {
                if (edge.To.Visit != _visit)
                {
                    edge.To.Visit = _visit;
                    edge.To.VisitStates = 0;
                    _queue.Add(new SearchItem(edge.To, false, i, edge, edge.Kinds));
                }
            }
        }

        return false;
    }

    /// <summary>
    /// Finds the shortest strong path from a node that is wanted in some mode to a node where <paramref name="end"/> holds; null when there
    /// is none.
    /// </summary>
    public List<LockViolationEdge>? FindForward(LockNode from, bool isWeak, PathEnd end, Func<LockNode, bool>? skip = null)
        => Search(from, isWeak, forward: true, end, skip);

    /// <summary>Searches against the direction of the edges; the returned path has the direction of the edges.</summary>
    public List<LockViolationEdge>? FindBackward(LockNode from, bool isWeak, PathEnd end, Func<LockNode, bool>? skip = null)
        => Search(from, isWeak, forward: false, end, skip);

    private List<LockViolationEdge>? Search(LockNode start, bool isWeak, bool forward, PathEnd end, Func<LockNode, bool>? skip)
    {
        _visit++;
        _queue.Clear();
        Enqueue(new SearchItem(start, isWeak, -1, null, LockDependencyKinds.None));
        for (int i = 0; i < _queue.Count; i++)
        {
            SearchItem item = _queue[i];
            if (skip?.Invoke(item.Node) == true)
            {
                continue;
            }

            if (end(item.Node, item.IsWeak))
            {
                return PathTo(i, forward);
            }

            foreach (LockEdge edge in forward ? item.Node.After : item.Node.Before)
            {
                LockDependencyKinds kinds = edge.Kinds & Continuing(item.IsWeak, forward);
                if (kinds != LockDependencyKinds.None)
                {
                    bool nextIsWeak = (kinds & Strengthening(forward)) == LockDependencyKinds.None;
                    // The evidence in the report must be of a kind that keeps the path strong.
                    LockDependencyKinds shown = nextIsWeak ? kinds : kinds & Strengthening(forward);
                    Enqueue(new SearchItem(forward ? edge.To : edge.From, nextIsWeak, i, edge, shown));
                }
            }
        }

        return null;
    }

    // From a weak state only steps count in which readers cannot overtake each other.
    private static LockDependencyKinds Continuing(bool isWeak, bool forward)
    {
        if (!isWeak)
        {
            return (LockDependencyKinds)15;
        }

        return forward
            ? LockDependencyKinds.ExclusiveToRecursive | LockDependencyKinds.ExclusiveToQueued
            : LockDependencyKinds.ExclusiveToQueued | LockDependencyKinds.SharedToQueued;
    }

    private static LockDependencyKinds Strengthening(bool forward) => forward
        ? LockDependencyKinds.ExclusiveToQueued | LockDependencyKinds.SharedToQueued
        : LockDependencyKinds.ExclusiveToQueued | LockDependencyKinds.ExclusiveToRecursive;

    // The strong state of a node covers its weak state; a node is visited twice only when the weak visit came first.
    private void Enqueue(SearchItem item)
    {
        LockNode node = item.Node;
        if (node.Visit != _visit)
        {
            node.Visit = _visit;
            node.VisitStates = 0;
        }

        int state = item.IsWeak ? 1 : 2;
        if ((node.VisitStates & (state | 2)) != 0)
        {
            return;
        }

        node.VisitStates |= state;
        _queue.Add(item);
    }

    private List<LockViolationEdge> PathTo(int index, bool forward)
    {
        var path = new List<LockViolationEdge>();
        for (int i = index; _queue[i].Edge is { } edge; i = _queue[i].Parent)
        {
            path.Add(edge.EvidenceFor(_queue[i].Kinds));
        }

        if (forward)
        {
            path.Reverse();
        }

        return path;
    }
}
