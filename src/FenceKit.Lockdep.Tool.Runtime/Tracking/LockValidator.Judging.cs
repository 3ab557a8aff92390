// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Instrumentation;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

/// <summary>An acquisition with held locks, not necessarily of the thread that records it.</summary>
internal readonly record struct JudgedWant(HeldStep[] Held, LockMap Map, ChainRecord Record, string Thread);

// Validates what is not an acquisition of the current thread: a wait for a signal, the way to the signal, and what another thread would
// acquire instead.
public sealed partial class LockValidator
{
    /// <summary>The locks that this thread and its flow hold.</summary>
    internal HeldStep[] HeldHere(object? except = null)
    {
        if (LockHolder.CurrentIfAny(this) is not { IsReporting: false, IsSuppressed: false } stack)
        {
            return [];
        }

        stack.Settle();
        if (stack.Depth == 0)
        {
            return [];
        }

        DropStale(stack);
        HeldStep[] held = StepsOf(stack, stack.Depth);
        return except is null ? held : Array.FindAll(held, step => !ReferenceEquals(step.Map, except) && !ReferenceEquals(step.Map.Subject, except));
    }

    /// <summary>The newest hold of this flow; the same object as long as the flow takes and releases nothing.</summary>
    internal FlowNode? FlowHere => _flow.Value;

    /// <summary>A key of what this thread and its flow hold, with the places where it was taken.</summary>
    internal ulong SituationHere()
    {
        if (LockHolder.CurrentIfAny(this) is not { } stack)
        {
            return 0;
        }

        stack.Settle();
        ulong key = 0;
        foreach (HeldEntry entry in stack.Entries)
        {
            key = ChainKey.Mix(key ^ entry.Own, ((ulong)(uint)RuntimeHelpers.GetHashCode(entry.Instance!) << 32) | (uint)RuntimeHelpers.GetHashCode(entry.SiteToken ?? entry.Record));
        }

        return key;
    }

    /// <summary>The holds of this flow. Code that the flow has started has the same ones, on whichever thread.</summary>
    internal FlowNode[] HoldsHere()
    {
        List<FlowNode> holds = [];
        if (LockHolder.CurrentIfAny(this) is { } stack)
        {
            stack.Settle();
            foreach (HeldEntry entry in stack.Entries)
            {
                if (entry.Node is { } node)
                {
                    holds.Add(node.Origin ?? node);
                }
            }
        }

        return [.. holds];
    }

    /// <summary>The acquisitions that led here: the held locks, and those that the current work acquired before.</summary>
    internal JudgedWant[] WayHere(object? except)
    {
        HeldStep[] held = HeldHere(except);
        List<JudgedWant> way = [];
        string thread = Acquisition.NameOf(Thread.CurrentThread);
        foreach (ForkedWant want in LockHolder.CurrentIfAny(this)?.Fork?.Wants ?? [])
        {
            if (want.Record.Attempt == LockAttempt.Blocking && !ReferenceEquals(want.Map.Subject, except))
            {
                way.Add(new JudgedWant(want.Held, want.Map, want.Record, want.Thread));
            }
        }

        for (int i = 0; i < held.Length; i++)
        {
            if (held[i].Record is { Attempt: LockAttempt.Blocking, IsReentry: false })
            {
                way.Add(new JudgedWant(held[..i], held[i].Map, held[i].Record, thread));
            }
        }

        return [.. way];
    }

    /// <summary>The record of an object that is only waited for, or whose completion is in progress.</summary>
    internal static ChainRecord RecordOf(LockMap map, AcquireShape shape, LockSite? site) => new()
    {
        Class = map.Class,
        Shape = shape,
        SiteToken = site,
        Site = site,
        Stack = LockTrace.Capture(),
        Context = default,
    };

    /// <summary>Validates each acquisition as if it were made by a separate thread.</summary>
    /// <param name="wants">The acquisitions.</param>
    /// <param name="about">The lock that findings must involve; null for any.</param>
    /// <param name="assumption">The assumption under which a finding is real; null for none.</param>
    internal void Judge(IEnumerable<JudgedWant> wants, LockMap? about = null, string? assumption = null)
    {
        LockHolder stack = LockHolder.Current(this);
        List<LockViolation> found = [];
        List<LockViolation>? admitted;
        using (_gate.EnterScope())
        {
            foreach (JudgedWant want in wants)
            {
                JudgeLocked(stack, want, about, found);
            }

            if (about is not null)
            {
                found.RemoveAll(one => !one.Dependencies.Any(edge => ReferenceEquals(edge.Held.Class, about.Class)));
            }

            admitted = AdmitLocked(assumption is null ? found : found.ConvertAll(one => Assuming(one, assumption)));
        }

        if (admitted is not null)
        {
            Deliver(stack, admitted);
        }
    }

    /// <summary>Whether anything was seen to be taken while a lock of the class was held.</summary>
    internal bool IsHeldOverOthers(LockClass lockClass)
    {
        using (_gate.EnterScope())
        {
            return _graph.NodeOf(lockClass, 0).After.Count > 0;
        }
    }

    private void JudgeLocked(LockHolder stack, JudgedWant want, LockMap? about, List<LockViolation> found)
    {
        var wanted = new Acquisition
        {
            Stack = stack,
            Map = want.Map,
            Record = want.Record,
            NestedIn = null,
            Held = Array.ConvertAll(want.Held, static step => new SituationItem(step.Map, step.Record, step.Path)),
            Thread = want.Thread,
        };
        LockNode node = _graph.NodeOf(wanted.Class, wanted.Record.Subclass);
        LockViolation? ofClasses = null;
        for (int i = wanted.Held.Length - 1; i >= 0; i--)
        {
            LockNode from = _graph.NodeOf(wanted.Held[i].Class, wanted.Held[i].Record.Subclass);
            if (!ReferenceEquals(from, node))
            {
                ofClasses = AddDependencyLocked(wanted, from, wanted.Held[i], node, found) ?? ofClasses;
            }
        }

        // A search takes milliseconds, and a run may end with thousands of signals. Only a circle through the signal counts, and that is one of the classes as well.
        bool mayHang = about is null || _graph.IsCyclic(about.Class);
        AddFindingLocked(found, AddSituationLocked(wanted, mayHang), ofClasses);
    }

    private static LockViolation Assuming(LockViolation found, string assumption) => found with
    {
        Confidence = found.Confidence < LockConfidence.Likely ? found.Confidence : LockConfidence.Likely,
        Assumption = found.Assumption is null ? assumption : $"{found.Assumption}, and {assumption}",
    };

    /// <summary>
    /// Validates, at the end of the run, the acquisitions of a task that was started while its starter held locks and that no code waited
    /// for: it is independent.
    /// </summary>
    internal void JudgeUndecided(LockFork fork)
    {
        if (!fork.IsJoined)
        {
            JudgeAlone(fork.TakeUndecided());
        }
    }
}
