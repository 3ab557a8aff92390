// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    // A cache of whether an await under a thread-bound lock is harmless, so that the stack is examined once for each pair of sites.
    private readonly ConcurrentDictionary<(ChainRecord Held, LockSite Awaited), bool> _harmlessAwaits = new();

    /// <summary>Whether the thread may hold locks that <see cref="NoteAwait"/> has to check.</summary>
    internal bool MayLoseAtAwait => LockHolder.CurrentIfAny(this) is { Depth: > 0 } stack && (stack.IsStale || stack.IndexOfOwn(stack.Depth) >= 0);

    /// <summary>
    /// For awaiters, in <c>GetAwaiter</c> or <c>IsCompleted</c>: announces that the code awaits here. The awaiting method must not hold a
    /// thread-bound lock, because it may continue on another thread. A lock of its caller is no fault: the caller continues on the same
    /// thread and releases the lock there, as in <c>lock (_gate) return _task ??= LoadAsync();</c>.
    /// </summary>
    /// <param name="file">The source file of the await, if it is known.</param>
    /// <param name="line">The line of the await, if it is known.</param>
    /// <remarks>Does not block. Allocates only while the thread holds a thread-bound lock.</remarks>
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

    // Certain: the awaiting method has acquired the lock. Likely: a method that it called has. Null: its caller has, earlier.
    private static LockConfidence? WhoHolds(ChainRecord held, LockTrace? awaiting)
    {
        if (awaiting is null || held.Stack is null)
        {
            return LockConfidence.Possible; // unknown without stacks
        }

        if (awaiting.AwaitingMethod() is not { } method)
        {
            return null; // code that calls an awaiter directly does not await
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

    /// <summary>Whether the thread holds the lock itself, rather than the flow.</summary>
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

    /// <summary>Validates the newest entry of an explicit flow against the locks of the thread as well, whose list the caller has settled.</summary>
    internal void JudgeUnderThread(LockHolder flow, LockMap map)
    {
        if (LockHolder.CurrentIfAny(this) is not { Depth: > 0 } stack || flow.TopRecord.IsUnchecked)
        {
            return;
        }

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

    /// <summary>Describes, for the message, the other holder of a lock that is released here, and where it awaited.</summary>
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
