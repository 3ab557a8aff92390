// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    // What an await under a lock of the thread was found to be, so that the stack is looked at once for each pair of places.
    private readonly ConcurrentDictionary<(ChainRecord Held, LockSite Awaited), bool> _harmlessAwaits = new();

    /// <summary>Whether <see cref="NoteAwait"/> has anything to look at.</summary>
    internal bool MayLoseAtAwait => LockHolder.CurrentIfAny(this) is { Depth: > 0 } stack && (stack.IsStale || stack.IndexOfOwn(stack.Depth) >= 0);

    /// <summary>
    /// For awaiters, in <c>GetAwaiter</c> or <c>IsCompleted</c>: says that the code awaits here. What belongs to the thread must not be held by the method that
    /// awaits: it may go on with another one. What its caller holds is no fault: the caller goes on with the same thread and lets it go there, as in
    /// <c>lock (_gate) return _task ??= LoadAsync();</c>.
    /// </summary>
    /// <param name="file">The source file of the await, if it is known.</param>
    /// <param name="line">The line of the await, if it is known.</param>
    /// <remarks>Does not block. Allocates only while the thread holds a lock of its own.</remarks>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void NoteAwait(string? file = null, int line = 0)
    {
        if (LockHolder.CurrentIfAny(this) is not { Depth: > 0 } stack)
        {
            return;
        }

        stack.Settle();
        int index = stack.IndexOfOwn(stack.Depth);
        if (index < 0 || stack.IsSuppressed || stack.IsReporting)
        {
            return;
        }

        LockSite? site = file is null ? null : LockSite.At(file, line);
        stack.AwaitedAt = site;
        LockTrace? trace = null;
        for (; index >= 0; index = stack.IndexOfOwn(index))
        {
            HeldEntry held = stack.Entries[index];
            if (held.Record.IsUnchecked || (site is not null && _harmlessAwaits.ContainsKey((held.Record, site))))
            {
                continue;
            }

            trace ??= _options.CaptureStacks ? LockTrace.Capture() : null;
            if (WhoHolds(held.Record, trace) is { } confidence)
            {
                ReportHeldOverAwait(stack, held, site, trace, confidence);
                return;
            }

            if (site is not null)
            {
                _harmlessAwaits.TryAdd((held.Record, site), true);
            }
        }
    }

    // Certain: the method that awaits has taken it. Likely: something that it has called has. Null: its caller has, before.
    private static LockConfidence? WhoHolds(ChainRecord held, LockTrace? awaiting)
    {
        if (awaiting is null || held.Stack is null)
        {
            return LockConfidence.Possible; // without stacks nobody knows
        }

        if (awaiting.AwaitingMethod() is not { } method)
        {
            return null; // code that asks an awaiter by hand does not await
        }

        bool isFirst = true;
        foreach ((string Type, string Method) taker in held.Stack.Methods())
        {
            if (taker == method)
            {
                return isFirst ? LockConfidence.Certain : LockConfidence.Likely;
            }

            isFirst = false;
        }

        return null;
    }

    private void ReportHeldOverAwait(LockHolder stack, in HeldEntry held, LockSite? site, LockTrace? trace, LockConfidence confidence)
    {
        LockMap map = MapOf(held.Instance!, held.Record.Class);
        var found = new Acquisition { Stack = stack, Map = map, Record = held.Record, NestedIn = null, Held = ItemsOf(stack, stack.Depth) };
        string place = site is null ? "" : $" at {site}";
        string message = $"{map} belongs to its thread and is held over the await{place}: the code may go on with another thread, which does not hold it.";
        LockViolation violation = found.Violation(LockViolationKind.HeldOverAwait, confidence, message) with
        {
            Trace = trace,
            Key = $"{LockViolationKind.HeldOverAwait}|{map.Class.Name}|{site}",
            Assumption = confidence switch
            {
                LockConfidence.Certain => null,
                LockConfidence.Likely => "the method that awaits does not give it back before",
                _ => "the method that awaits holds it, not its caller; stacks would tell",
            },
        };
        List<LockViolation>? admitted;
        using (_gate.EnterScope())
        {
            admitted = AdmitLocked([violation]);
        }

        if (admitted is not null)
        {
            Deliver(stack, admitted);
        }
    }

    /// <summary>Whether the thread itself holds it, not the flow.</summary>
    internal bool IsHeldByThread(LockMap map)
    {
        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Settle();
        foreach (HeldEntry entry in stack is null ? [] : stack.Entries)
        {
            if (entry.Node is null && ReferenceEquals(entry.Instance, map))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What an explicit flow wants, its newest entry, is wanted under the locks of the thread as well.</summary>
    internal void JudgeUnderThread(LockHolder flow, LockMap map)
    {
        if (LockHolder.CurrentIfAny(this) is not { Depth: > 0 } stack || flow.TopRecord.IsUnchecked)
        {
            return;
        }

        stack.Settle();
        var join = new ForkJoin(StepsOf(stack, stack.Depth), null, flow.FlowName!, Blocks: false);
        var want = new ForkedWant(StepsOf(flow, flow.Depth - 1), map, flow.TopRecord, Acquisition.NameOf(stack.Thread), IsTentative: false);
        List<LockViolation>? found = null;
        JudgeJoined(stack, 0, want, join, ref found);
        if (found is not null)
        {
            flow.RemoveAt(flow.Depth - 1);
            Deliver(stack, found);
            flow.Push(map, want.Record, 0, isSettled: false);
        }
    }

    /// <summary>Who else holds a lock that is let go here, and where that one awaited; for the message.</summary>
    private string HolderElsewhere(LockHolder stack, object instance)
    {
        foreach (LockHolder other in Stacks.All())
        {
            HeldEntry held = ReferenceEquals(other, stack) ? default : Array.FindLast(other.CopyEntries(), entry => ReferenceEquals(entry.Instance, instance));
            if (held.Instance is null)
            {
                continue;
            }

            string at = held.Record.Site is { } site ? $" at {site}" : "";
            string awaited = other.AwaitedAt is { } place ? $" and then awaited at {place}" : "";
            return $" {Acquisition.NameOf(other.Thread)} took it{at}{awaited}: code that awaits may go on with another thread.";
        }

        return "";
    }
}
