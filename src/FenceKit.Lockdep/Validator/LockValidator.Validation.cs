// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AcquireForeignSlow(
        LockHolder stack, LockClass lockClass, object instance, AcquireShape shape, object? nestedIn, ulong own, LockSite? site)
    {
        long before = BytesBefore(stack);
        Enter(stack, instance, MapOf(instance, lockClass), shape, nestedIn, own, site, site);
        AddOwnBytes(stack, before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void AcquireSlow(LockHolder stack, LockMap map, AcquireShape shape, object? nestedIn, ulong own, string? file, int line)
    {
        long before = BytesBefore(stack);
        Enter(stack, map, map, shape, nestedIn, own, file, file is null ? null : LockSite.At(file, line));
        AddOwnBytes(stack, before);
    }

    private static long BytesBefore(LockHolder stack) => stack.InNoAllocationSection ? GC.GetAllocatedBytesForCurrentThread() : -1;

    private static void AddOwnBytes(LockHolder stack, long before)
        => stack.OwnBytes += before < 0 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;

    private void Enter(
        LockHolder stack, object instance, LockMap map, AcquireShape shape, object? nestedIn, ulong own, object? siteToken, LockSite? site)
    {
        stack.Settle();
        Undecided? undecided = null;
        ulong key = stack.KeyFor(own);
        ulong classKey = ClassKeyOf(stack, stack.Depth, map, shape, nestedIn, site);
        if (!_chains.TryGetValue(classKey, out ChainRecord? record) || !record.Settles(key) || !ReferenceEquals(record.SiteToken, siteToken))
        {
            var request = new Request(stack, stack.Depth, instance, map, shape, nestedIn, siteToken, site, key, classKey, record?.Stack);
            record = Examine(request, out List<LockViolation>? violations, out bool isSettled, out undecided);
            if (isSettled)
            {
                stack.Cache(key, record);
            }

            stack.Push(instance, record, own, isSettled);
            DeliverOrUndo(stack, violations);

        }
        else
        {
            stack.Cache(key, record);
            stack.Push(instance, record, own, isSettled: true);
        }

        if (undecided is { } open)
        {
            NoteCall(stack, open.Holds, open.Wanted);
        }
        else if (stack.Fork is { } fork && shape.Attempt != LockAttempt.Try && record is { IsUnchecked: false, IsReentry: false })
        {
            NoteWant(stack, fork, map, record);
        }
    }

    /// <summary>An acquisition above the lowest <c>Depth</c> entries of a held list.</summary>
    private readonly record struct Request(
        LockHolder Stack, int Depth, object Instance, LockMap Map, AcquireShape Shape, object? NestedIn,
        object? SiteToken, LockSite? Site, ulong Key, ulong ClassKey, LockTrace? KnownStack);

    /// <summary>
    /// Validates an acquisition and remembers the verdict. <paramref name="isSettled"/>: the thread need not validate it again.
    /// </summary>
    private ChainRecord Examine(in Request request, out List<LockViolation>? violations, out bool isSettled, out Undecided? undecided)
    {
        undecided = null;
        LockHolder stack = request.Stack;
        LockMap map = request.Map;
        bool isPassing = stack.IsReporting || IsMasked(stack, map);
        bool isUnchecked = isPassing || stack.IsSuppressed || map.Class.Options.SkipValidation;
        ChainRecord record = RecordOf(request, isUnchecked, isReentry: false);
        violations = null;
        isSettled = !isPassing;
        if (isUnchecked)
        {
            Interlocked.Add(ref _unjudged, map.Class.Options.SkipValidation ? 0 : 1);
            return record;
        }

        FlowNode[] uncertain = request.Shape.Attempt == LockAttempt.Try ? [] : UncertainHolds(stack, request.Depth);
        var wanted = new Acquisition
        {
            Stack = stack,
            Map = map,
            Record = record,
            NestedIn = request.NestedIn,
            Held = ItemsOf(stack, request.Depth),
            IsTentative = stack.IsTentative,
            Uncertain = MapsOf(uncertain),
        };
        List<LockViolation> found = [];
        RecursionVerdict verdict = RecursionRule.Check(wanted, found);
        ThreadRules.CheckNesting(wanted, found);
        ThreadRules.CheckWaitType(wanted, found);
        ThreadRules.CheckNoWaitSection(wanted, found);
        if (verdict == RecursionVerdict.Reentry)
        {
            record = RecordOf(request, isUnchecked: false, isReentry: true);
        }

        // A thread that waits for itself deadlocks each time, so it is reported each time.
        isSettled = !found.Exists(static draft => IsSelfDeadlock(draft));
        using (_gate.EnterScope())
        {
            if (uncertain.Length > 0 && verdict != RecursionVerdict.Reentry && !IsSettledLocked(wanted, request.ClassKey))
            {
                undecided = new Undecided(uncertain, wanted);
                isSettled = false;
            }

            record = KeepLocked(record, request.Key, request.ClassKey, isSettled);
            if (verdict != RecursionVerdict.Reentry)
            {
                JudgeLocked(wanted, verdict, found);
            }

            violations = AdmitLocked(found);
        }

        return record;
    }

    /// <summary>An acquisition whose validation is completed when its locks are released.</summary>
    private readonly record struct Undecided(FlowNode[] Holds, Acquisition Wanted);

    private ChainRecord RecordOf(in Request request, bool isUnchecked, bool isReentry) => new()
    {
        Class = request.Map.Class,
        Shape = request.Shape,
        SiteToken = request.SiteToken,
        Site = request.Site,
        Stack = isUnchecked ? null : request.KnownStack ?? CaptureFor(request.Site),
        Context = request.Stack.Active,
        IsUnchecked = isUnchecked,
        IsReentry = isReentry,
        NeedsEveryInstance = request.Map.Class.Options.Order is not null,
    };

    private ChainRecord KeepLocked(ChainRecord record, ulong key, ulong classKey, bool isSettled)
    {
        if (!isSettled)
        {
            return record;
        }

        if (_chains.TryGetValue(classKey, out ChainRecord? known) && ReferenceEquals(known.SiteToken, record.SiteToken))
        {
            record = known;
        }
        else if (_chains.Count < _options.ChainCapacity)
        {
            _chains[classKey] = record;
        }
        else
        {
            _chainsNotKept++;
            return record;
        }

        if (!record.Remember(key))
        {
            _instancesNotKept++;
        }

        return record;
    }

    private void JudgeLocked(Acquisition wanted, RecursionVerdict verdict, List<LockViolation> found)
    {
        LockNode node = _graph.NodeOf(wanted.Class, wanted.Record.Subclass);
        MarkUsageLocked(wanted, node, found);
        LockViolation? ofClasses = null;
        if (verdict == RecursionVerdict.Proceed)
        {
            ofClasses = AddDependenciesLocked(wanted, node, found);
        }
        else
        {
            foreach (SituationItem held in wanted.Held)
            {
                _graph.AddHint(_graph.NodeOf(held.Class, held.Record.Subclass), node);
            }
        }

        foreach (SituationItem held in wanted.Held)
        {
            if (ReferenceEquals(held.Class, wanted.Class))
            {
                _graph.MarkCyclic(wanted.Class);
            }
        }

        AddFindingLocked(found, AddSituationLocked(wanted), ofClasses);
    }

    private static void AddFindingLocked(List<LockViolation> found, LockViolation? ofInstances, LockViolation? ofClasses)
    {
        int recursion = found.FindIndex(static draft => draft.Kind == LockViolationKind.Recursion);
        if (ofInstances is { Dependencies.Count: <= 2 } && recursion >= 0)
        {
            // The same finding from two sides: the recursion names the rule, the instances give the confidence. A longer cycle is a
            // separate finding.
            found[recursion] = Merge(found[recursion], ofInstances);
        }
        else if ((ofInstances ?? ofClasses) is { } cycle)
        {
            found.Add(cycle);
        }
    }

    private static LockViolation Merge(LockViolation recursion, LockViolation cycle) => recursion.Confidence >= cycle.Confidence
        ? recursion
        : recursion with
        {
            Confidence = cycle.Confidence,
            Dependencies = cycle.Dependencies,
            Table = cycle.Table,
            Assumption = cycle.Assumption,
        };

    private LockViolation? AddDependenciesLocked(Acquisition wanted, LockNode node, List<LockViolation> found)
    {
        LockViolation? cycle = null;
        if (wanted.Attempt == LockAttempt.Try)
        {
            return null;
        }

        for (int i = wanted.Held.Length - 1; i >= 0; i--)
        {
            SituationItem held = wanted.Held[i];
            if (!held.Record.Context.Equals(wanted.Record.Context))
            {
                break;
            }

            LockNode from = _graph.NodeOf(held.Class, held.Record.Subclass);
            if (!ReferenceEquals(from, node))
            {
                cycle = AddDependencyLocked(wanted, from, held, node, found) ?? cycle;
            }

            // Below a lock that was waited for, the order is transitive through it. A try, a time limit or a recursive reader does not
            // carry it, nor does a list in which the flow's locks were placed below the thread's.
            if (!wanted.Stack.IsMixed && held.Record.Attempt == LockAttempt.Blocking && held.Mode != LockAcquireMode.SharedRecursive)
            {
                break;
            }
        }

        return cycle;
    }

    private LockViolation? AddDependencyLocked(Acquisition wanted, LockNode from, SituationItem held, LockNode node, List<LockViolation> found)
    {
        LockDependencyKinds kinds = DependencyGraph.KindOf(HeldMode(held), WantedMode(wanted));
        if (_graph.Has(from, node, kinds))
        {
            return null;
        }

        var evidence = new LockViolationEdge(held.Describe(), wanted.Describe(), wanted.Thread, wanted.DescribeHeld());
        bool closes = _graph.MarkCircles(from, node);
        LockViolation? cycle = closes ? _cycles.OfClasses(wanted, from, held, node, evidence) : null;
        _contextRule.CheckDependency(wanted, from, held, node, evidence, found);
        _graph.Add(from, node, kinds, evidence);
        return cycle;
    }

    // Holders of permits admit others, like readers; a waiter for a permit queues.
    private static LockAcquireMode HeldMode(SituationItem held) => held.Map.Capacity > 1 ? LockAcquireMode.Shared : held.Mode;

    private static LockAcquireMode WantedMode(Acquisition wanted) => wanted.Map.Capacity > 1 ? LockAcquireMode.Shared : wanted.Mode;

    private LockViolation? AddSituationLocked(Acquisition wanted, bool mayHang = true)
    {
        bool isNewInstance = _situations.Register(wanted.Map);
        LockViolation? found = wanted.Attempt == LockAttempt.Try || wanted.IsTentative ? null : AddWantLocked(wanted, mayHang);
        if (mayHang && found is null && isNewInstance && _graph.HasCircles)
        {
            found = _cycles.WithNewInstance(wanted);
        }

        return found;
    }

    private LockViolation? AddWantLocked(Acquisition wanted, bool mayHang)
    {
        if (_lockSets.Count + _placeSets.Count >= _options.ChainCapacity)
        {
            _instancesNotKept++;
            return null;
        }

        Situation situation = SituationOf(wanted);
        SituationItem[] held = situation.Held;
        ulong key = PathTable.LocksOf(situation);
        if (wanted.Uncertain.Length > 0)
        {
            return AddUncertainLocked(wanted, situation, key);
        }

        if (held.Length > 0 && _placeSets.Add(ChainKey.Mix(key, PathTable.PlacesOf(held))))
        {
            _situations.Paths.Add(situation);
        }

        if (!_lockSets.Add(key))
        {
            return null;
        }

        _situations.Add(situation);
        return mayHang && _cycles.IsOnCircle(situation) ? _cycles.OfInstances(wanted, situation) : null;
    }

    // Validated now, and again when it is certain: the second time has the same key, so this one gets another.
    private LockViolation? AddUncertainLocked(Acquisition wanted, Situation situation, ulong key)
    {
        if (_lockSets.Contains(key) || !_lockSets.Add(~key))
        {
            return null;
        }

        _situations.Add(situation);
        return _cycles.IsOnCircle(situation) ? _cycles.OfInstances(wanted, situation) : null;
    }
}
