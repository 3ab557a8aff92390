// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

// An asynchronous method that has not awaited yet is part of its caller: it runs on the caller's stack. After its first await, its caller
// either waits for it or does not, and neither the runtime nor the execution context tells which. ContinuedCall explains how that is found
// out.
public sealed partial class LockValidator
{
    private const int MostDoubts = 64;

    private readonly Dictionary<ulong, int> _doubts = []; // how often a chain was seen while its locks were uncertain; under the gate

    /// <summary>
    /// The locks of the flow whose holder may not wait for the code that runs here. A lock is certain in the turn in which it was acquired,
    /// and while the method that acquired it is on the stack.
    /// </summary>
    private FlowNode[] UncertainHolds(LockHolder stack, int depth)
    {
        List<FlowNode>? uncertain = null;
        foreach (HeldEntry entry in stack.Entries[..depth])
        {
            if (entry.Node is { } node && !entry.Record.IsUnchecked && !node.IsOfTurn(stack.Turn))
            {
                (uncertain ??= []).Add(node);
            }
        }

        if (uncertain is null)
        {
            return [];
        }

        if (_options.CaptureStacks)
        {
            HashSet<(string Type, string Method)> running = [.. LockTrace.Capture().MethodsOfTurn()];
            uncertain.RemoveAll(node => node.Record!.Stack?.TakingMethod() is { } taker && running.Contains(taker));
        }

        return [.. uncertain];
    }

    private static LockMap[] MapsOf(FlowNode[] uncertain) => Array.ConvertAll(uncertain, static node => node.Map!);

    /// <summary>
    /// Whether an acquisition can teach nothing new: it was seen without doubt, or it was seen in doubt so often that it will hardly ever
    /// be decided.
    /// </summary>
    private bool IsSettledLocked(Acquisition wanted, ulong chain)
    {
        if (!Array.Exists(wanted.Uncertain, map => ReferenceEquals(map, wanted.Map)) && _lockSets.Contains(PathTable.LocksOf(SituationOf(wanted))))
        {
            return true;
        }

        int doubts = _doubts.GetValueOrDefault(chain);
        if (doubts == MostDoubts || (doubts == 0 && _doubts.Count >= _options.ChainCapacity))
        {
            return true;
        }

        _doubts[chain] = doubts + 1;
        return false;
    }

    private static Situation SituationOf(Acquisition wanted)
        => new(Array.FindAll(wanted.Held, item => item.Record.Context.Equals(wanted.Record.Context)), wanted.Want, wanted.Thread) { Uncertain = wanted.Uncertain };

    /// <summary>Registers an action to run when it turns out that the holder of the locks waits for the code that runs here.</summary>
    private void NoteCall(LockHolder stack, FlowNode[] uncertain, ulong key, Action whenSure)
    {
        FlowNode? flow = _flow.Value;
        ContinuedCall? here = null;
        for (FlowNode? node = flow; node is { HasCalls: true }; node = node.Parent)
        {
            foreach (ContinuedCall call in node.Calls ?? [])
            {
                if (call.Knows(key))
                {
                    return;
                }

                here ??= call.IsOfTurn(stack.Turn) ? call : null;
            }
        }

        if (here is null)
        {
            here = new ContinuedCall(stack.Turn);
            WriteFlow(FlowNode.ForCalls(flow, [here]));
        }

        here.Add(key, uncertain, whenSure);
    }

    private void NoteCall(LockHolder stack, FlowNode[] uncertain, Acquisition wanted)
    {
        LockFork? fork = stack.Fork;
        HeldStep[] held = StepsOf(wanted.Held);
        ulong key = KeyOf(held, wanted.Map, wanted.Record);
        var want = new ForkedWant(held, wanted.Map, wanted.Record, wanted.Thread, wanted.IsTentative);
        NoteCall(stack, uncertain, key, () => DecideWant(wanted.AsCertain(), fork, key, want));
    }

    private void DecideWant(Acquisition wanted, LockFork? fork, ulong key, ForkedWant want)
    {
        LockHolder stack = LockHolder.Current(this);
        List<LockViolation> found = [];
        if (Array.Exists(wanted.Held, item => ReferenceEquals(item.Map, wanted.Map)))
        {
            RecursionRule.Check(wanted, found);
        }

        List<LockViolation>? admitted;
        using (_gate.EnterScope())
        {
            AddFindingLocked(found, AddSituationLocked(wanted), null);
            admitted = AdmitLocked(found);
        }

        try
        {
            if (admitted is not null)
            {
                Deliver(stack, admitted);
            }
        }
        finally
        {
            if (fork is not null)
            {
                NoteWant(stack, fork, key, want);
            }
        }
    }

    /// <summary>The actions that are decided because code that has come through the methods of a flow has released a lock.</summary>
    private static Action[] DecidedBy(FlowNode flow, FlowNode released)
    {
        var sure = new List<Action>();
        for (FlowNode? node = flow; node is { HasCalls: true }; node = node.Parent)
        {
            foreach (ContinuedCall call in node.Calls ?? [])
            {
                sure.AddRange(call.LetGo(released));
            }
        }

        return [.. sure];
    }

    /// <summary>
    /// Called when other code has run on this thread and the current code continues, after a nested call or in its completion: the current
    /// code takes over the continued calls of that code. A method that ends continues with the code that awaits it; a method that was
    /// called and returns continues with its caller.
    /// </summary>
    private void CarryCalls(FlowNode? previous)
    {
        FlowNode? now = _flow.Value;
        if (now is null)
        {
            return;
        }

        List<ContinuedCall>? carried = null;
        for (FlowNode? node = previous; node is { HasCalls: true }; node = node.Parent)
        {
            foreach (ContinuedCall call in node.Calls ?? [])
            {
                if (call.Concerns(now) && !FlowNode.Carries(now, call) && carried?.Contains(call) != true)
                {
                    (carried ??= []).Add(call);
                }
            }
        }

        if (carried is not null)
        {
            WriteFlow(FlowNode.ForCalls(now, [.. carried]));
        }
    }
}
