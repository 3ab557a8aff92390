// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

// A started task is a flow of its own. From the moment another flow waits for it, its acquisitions are checked under the locks of that
// flow, as if the two were one.
public sealed partial class LockValidator
{
    private long _forkedWantsNotKept; // interlocked

    /// <summary>The thread-bound locks that this thread holds where it starts a task.</summary>
    internal HeldStep[] HeldByThread()
    {
        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Settle();
        return stack is null || stack.IndexOfOwn(stack.Depth) < 0 ? [] : StepsOf(stack, stack.Depth);
    }

    /// <summary>Begins a new flow here. The execution context carries it until the caller restores the returned value.</summary>
    internal FlowNode? EnterFork(LockFork fork)
    {
        FlowNode? before = _flow.Value;
        WriteFlow(FlowNode.ForFork(before, fork));
        LockHolder.CurrentIfAny(this)?.MarkStale();
        return before;
    }

    internal void LeaveFork(FlowNode? before)
    {
        WriteFlow(before);
        LockHolder.CurrentIfAny(this)?.MarkStale();
    }

    /// <summary>
    /// Records that this flow and this thread wait for a task with all locks that they hold, or have waited, so that no deadlock is
    /// possible any more.
    /// </summary>
    internal void Join(LockFork fork, bool blocks, bool isOver = false)
    {
        LockHolder stack = LockHolder.Current(this);
        stack.Settle();
        HeldStep[] held = StepsOf(stack, stack.Depth);
        var join = new ForkJoin(blocks ? WithContext(held) : held, stack.Fork, Acquisition.NameOf(stack.Thread), blocks);
        if (ReferenceEquals(join.Outer, fork))
        {
            return;
        }

        if (fork.Guards.Length > 0 && !Array.Exists(fork.Guards, guard => join.Holds(guard.Map)))
        {
            JudgeAlone(fork.TakeUndecided()); // the starting thread has released its locks
        }

        if (join.Held.Length == 0 && join.Outer is null)
        {
            return;
        }

        FlowNode[] uncertain = UncertainHolds(stack, stack.Depth);
        if (uncertain.Length == 0)
        {
            AddJoin(fork, KeyOf(join.Held), join);
            return;
        }

        ulong sureKey = KeyOf(join.Held);
        NoteCall(stack, uncertain, ChainKey.Mix(sureKey, (ulong)RuntimeHelpers.GetHashCode(fork)), () => AddJoin(fork, sureKey, join));
        if (!isOver)
        {
            AddJoin(fork, ~sureKey, join with { Uncertain = MapsOf(uncertain), Outer = null });
        }
    }

    private void AddJoin(LockFork fork, ulong joinKey, ForkJoin join)
    {
        LockHolder stack = LockHolder.Current(this);
        List<LockViolation>? all = null;
        foreach ((ulong key, ForkedWant want) in fork.Add(joinKey, join) ?? [])
        {
            JudgeJoined(stack, key, want, join, ref all);
        }

        if (all is not null)
        {
            Deliver(stack, all);
        }
    }

    /// <summary>Records an acquisition of a started task, with the locks that the task itself holds.</summary>
    private void NoteWant(LockHolder stack, LockFork fork, LockMap map, ChainRecord record)
    {
        HeldStep[] held = StepsOf(stack, stack.Depth - 1);
        ulong key = KeyOf(held, map, record);
        if (fork.Knows(key))
        {
            return;
        }

        var want = new ForkedWant(held, map, record, Acquisition.NameOf(stack.Thread), stack.IsTentative);
        if (UncertainHolds(stack, stack.Depth - 1) is { Length: > 0 } uncertain)
        {
            NoteCall(stack, uncertain, key, () => NoteWant(LockHolder.Current(this), fork, key, want));
        }
        else
        {
            NoteWant(stack, fork, key, want);
        }
    }

    /// <summary>
    /// Called when the last lock that was held at the start of a task has been released. If the start of the task was announced, it is then
    /// known whether a flow waited for it; for other tasks only if they continue, see
    /// <see cref="NoteWant(LockHolder, LockFork, LockMap, ChainRecord)"/>.
    /// </summary>
    private void DecideForks(FlowNode released)
    {
        foreach (LockFork fork in released.TakeForks())
        {
            if (fork.IsExplicit && !fork.IsTentative && !fork.IsJoined)
            {
                JudgeAlone(fork.TakeUndecided());
            }
        }
    }

    private void JudgeAlone(ForkedWant[] wants)
    {
        if (wants.Length == 0)
        {
            return;
        }

        LockHolder stack = LockHolder.Current(this);
        List<LockViolation> found = [];
        List<LockViolation>? admitted;
        using (_gate.EnterScope())
        {
            foreach (ForkedWant want in wants)
            {
                AddFindingLocked(found, AddSituationLocked(AcquisitionOf(stack, want, want.Held, want.Thread, isTentative: false, [])), null);
            }

            admitted = AdmitLocked(found);
        }

        if (admitted is not null)
        {
            Deliver(stack, admitted);
        }
    }

    private static Acquisition AcquisitionOf(
        LockHolder stack, ForkedWant want, HeldStep[] held, string thread, bool isTentative, LockMap[] uncertain) => new()
    {
        Stack = stack,
        Map = want.Map,
        Record = want.Record,
        NestedIn = null,
        Held = Array.ConvertAll(held, static step => new SituationItem(step.Map, step.Record, step.Path)),
        Thread = thread,
        IsTentative = isTentative,
        Uncertain = uncertain,
    };

    private void NoteWant(LockHolder stack, LockFork fork, ulong key, ForkedWant want)
    {
        ForkJoin[]? joins = fork.Add(key, want, out bool isFull);
        if (isFull)
        {
            Interlocked.Increment(ref _forkedWantsNotKept);
        }

        if (joins is not null && !fork.IsTentative && !(fork.IsExplicit && want.IsTentative && joins.Length > 0))
        {
            JudgeAlone(fork.TakeUndecided()); // the task continues although its starter has released the locks: the starter did not wait for it
        }

        List<LockViolation>? all = null;
        foreach (ForkJoin join in joins ?? [])
        {
            JudgeJoined(stack, key, want, join, ref all);
        }

        if (all is not null)
        {
            Deliver(stack, all);
        }
    }

    private void JudgeJoined(LockHolder stack, ulong key, ForkedWant want, ForkJoin join, ref List<LockViolation>? all)
    {
        // A task that began on the blocking thread saw the locks of that thread.
        HeldStep[] together = [.. join.Held, .. want.Held.Where(step => !join.Holds(step.Map))];
        bool isTentative = join.Outer is { IsTentative: true }; // read once: a want that is tentative here and not below would never be validated
        if (join.Held.Length > 0)
        {
            all = JudgeJoined(stack, want, join, together, isTentative) is { } found ? [.. all ?? [], .. found] : all;
        }

        if (join.Outer is { } outer)
        {
            NoteWant(stack, outer, ChainKey.Mix(KeyOf(join.Held), key), want with { Held = together, IsTentative = isTentative || (want.IsTentative && join.Held.Length == 0) });
        }
    }

    private List<LockViolation>? JudgeJoined(LockHolder stack, ForkedWant want, ForkJoin join, HeldStep[] together, bool isTentative)
    {
        string thread = $"{want.Thread}, for which {join.Thread} {(join.Blocks ? "blocks" : "waits")}";
        Acquisition wanted = AcquisitionOf(stack, want, together, thread, isTentative, join.Uncertain);
        List<LockViolation> found = [];
        SituationItem[] outer = wanted.Held[..join.Held.Length];
        RecursionVerdict verdict = JoinRule.Check(wanted, outer, join.Blocks, found);
        using (_gate.EnterScope())
        {
            LockNode node = _graph.NodeOf(wanted.Class, wanted.Record.Subclass);
            LockViolation? ofClasses = null;
            for (int i = outer.Length - 1; i >= 0; i--)
            {
                LockNode from = _graph.NodeOf(outer[i].Class, outer[i].Record.Subclass);
                if (ReferenceEquals(outer[i].Class, wanted.Class))
                {
                    _graph.MarkCyclic(wanted.Class);
                }

                if (verdict == RecursionVerdict.Proceed && !ReferenceEquals(from, node))
                {
                    ofClasses = AddDependencyLocked(wanted, from, outer[i], node, found) ?? ofClasses;
                }
            }

            AddFindingLocked(found, AddSituationLocked(wanted), ofClasses);
            return AdmitLocked(found);
        }
    }

    private HeldStep[] StepsOf(LockHolder stack, int depth)
        => StepsOf(ItemsOf(stack, depth));

    private static HeldStep[] StepsOf(SituationItem[] items) => Array.ConvertAll(items, static item => new HeldStep(item.Map, item.Record, item.Path));

    private static ulong KeyOf(HeldStep[] held, LockMap map, ChainRecord record) => ChainKey.Mix(KeyOf(held), map.Identity ^ record.Shape.Bits);

    private static ulong KeyOf(HeldStep[] held)
    {
        ulong key = 0;
        foreach (HeldStep step in held)
        {
            key = ChainKey.Mix(key, step.Map.Identity ^ step.Record.Shape.Bits);
        }

        return key;
    }
}
