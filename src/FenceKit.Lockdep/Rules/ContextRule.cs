// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep.Rules;

/// <summary>
/// Checks that a lock which an interrupting context acquires is not held where that context may interrupt, directly or through other locks.
/// The same rule serves sections that must not wait: their locks must not be held over a wait. Called under the validator's gate.
/// </summary>
/// <remarks>The usage bits of Linux lockdep, with its exemptions for readers.</remarks>
internal sealed class ContextRule(DependencyGraph graph, Func<int, string> nameOf)
{
    /// <summary>The index that stands for sections that must not wait.</summary>
    public const int NoWaitIndex = 0;

    private bool _isUsed;

    /// <summary>Records a use of a class, and checks it when it is new.</summary>
    public void Mark(Acquisition judged, LockNode node, SituationItem item, bool isUsedIn, ContextSet contexts, List<LockViolation> violations)
    {
        bool isRead = item.Record.IsReader;
        ContextSet added = contexts.Without(node.Usage.Of(isUsedIn, isRead));
        if (added.IsEmpty)
        {
            return;
        }

        _isUsed = true;
        HeldLock how = item.Describe();
        foreach (int context in added.Indices())
        {
            node.Usage.Add(isUsedIn, isRead, context, how, judged.Thread);
            if (FindConflict(node, item.Mode, isUsedIn, context) is { } path)
            {
                violations.Add(Report(judged, context, path.Safe, path.Unsafe, path.Edges));
            }
        }
    }

    /// <summary>
    /// Checks that a new dependency does not lead from a lock that a context acquires to one that is held where the context may interrupt.
    /// </summary>
    public void CheckDependency(Acquisition wanted, LockNode from, SituationItem held, LockNode to, LockViolationEdge evidence, List<LockViolation> violations)
    {
        if (!_isUsed)
        {
            return;
        }

        ContextSet takenBy = default;
        graph.FindBackward(from, held.Record.IsReader, (node, isWeak) =>
        {
            takenBy |= (isWeak ? node.Usage.UsedIn : node.Usage.UsedIn | node.Usage.UsedInRead).Without(BrokenIn(node));
            return false;
        }, IsLocal);
        if (takenBy.IsEmpty)
        {
            return;
        }

        ContextSet meeting = default;
        LockNode? last = null;
        List<LockViolationEdge>? forward = graph.FindForward(to, wanted.Mode == LockAcquireMode.SharedRecursive, (node, isWeak) =>
        {
            meeting = (takenBy & (isWeak ? node.Usage.Enabled : node.Usage.Enabled | node.Usage.EnabledRead)).Without(BrokenIn(node));
            last = node;
            return !meeting.IsEmpty;
        }, IsLocal);
        if (forward is null)
        {
            return;
        }

        int context = meeting.FirstIndex();
        LockNode? first = null;
        List<LockViolationEdge> backward = graph.FindBackward(from, held.Record.IsReader, (node, isWeak) =>
        {
            first = node;
            return !IsBroken(node, context)
                && (node.Usage.UsedIn.Contains(context) || (!isWeak && node.Usage.UsedInRead.Contains(context)));
        }, IsLocal)!;
        violations.Add(Report(wanted, context, first!, last!, [.. backward, evidence, .. forward]));
    }

    private (LockNode Safe, LockNode Unsafe, List<LockViolationEdge> Edges)? FindConflict(LockNode node, LockAcquireMode mode, bool isUsedIn, int context)
    {
        bool isReader = mode != LockAcquireMode.Exclusive;
        if (node.Usage.Of(!isUsedIn, false).Contains(context) || (!isReader && node.Usage.Of(!isUsedIn, true).Contains(context)))
        {
            return (node, node, []);
        }

        LockNode? end = null;
        bool Meets(LockNode other, bool isWeak)
        {
            end = other;
            return !ReferenceEquals(other, node) && !IsBroken(other, context)
                && (other.Usage.Of(!isUsedIn, false).Contains(context) || (!isWeak && other.Usage.Of(!isUsedIn, true).Contains(context)));
        }

        if (isUsedIn)
        {
            return graph.FindForward(node, mode == LockAcquireMode.SharedRecursive, Meets, IsLocal) is { } path ? (node, end!, path) : null;
        }

        return graph.FindBackward(node, isReader, Meets, IsLocal) is { } back ? (end!, node, back) : null;
    }

    // A class that violates the rule by itself is reported as such; every path to or from it would only repeat that.
    private static ContextSet BrokenIn(LockNode node)
        => (node.Usage.UsedIn & (node.Usage.Enabled | node.Usage.EnabledRead)) | (node.Usage.UsedInRead & node.Usage.Enabled);

    private static bool IsBroken(LockNode node, int context) => BrokenIn(node).Contains(context);

    private static bool IsLocal(LockNode node) => node.Class.Options.IsContextLocal;

    private LockViolation Report(Acquisition judged, int context, LockNode safe, LockNode @unsafe, List<LockViolationEdge> edges)
    {
        (HeldLock taken, string takenOn) = safe.Usage.EvidenceFor(isUsedIn: true, context);
        (HeldLock open, string openOn) = @unsafe.Usage.EvidenceFor(isUsedIn: false, context);
        bool isWait = context == NoWaitIndex;
        string name = nameOf(context);
        string verb = isWait ? "held over a wait" : $"held where {name} may interrupt";
        string message = ReferenceEquals(safe, @unsafe)
            ? $"{safe.Name} is taken in {name} and is also {verb}."
            : $"{safe.Name} is taken in {name} and leads to {@unsafe.Name}, which is {verb}.";
        bool isSameInstance = ReferenceEquals(safe, @unsafe) && taken.Instance == open.Instance;
        LockViolationKind kind = isWait ? LockViolationKind.WaitInSection : LockViolationKind.ContextInversion;
        return judged.Violation(kind, isSameInstance ? LockConfidence.Certain : LockConfidence.Possible, message) with
        {
            Dependencies = edges.Count > 0 ? edges : [new LockViolationEdge(open, taken, takenOn, origin: $"{openOn}; {name} on {takenOn}")],
            Table = Interleavings.Inversion(taken, open, name),
            IsDeclared = safe.Class.IsDeclared && @unsafe.Class.IsDeclared,
            Key = $"{kind}|{name}|{safe.Name}|{@unsafe.Name}",
        };
    }
}
