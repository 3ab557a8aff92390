// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

public sealed partial class LockValidator
{
    /// <summary>Says that the code awaits here. What belongs to the thread must not be held: the code may go on with another one.</summary>
    internal void NoteAwait(string? file, int line)
    {
        if (LockHolder.CurrentIfAny(this) is not { Depth: > 0 } stack)
        {
            return;
        }

        stack.Settle();
        int index = stack.IndexOfOwn();
        if (index < 0 || stack.IsSuppressed || stack.IsReporting)
        {
            return;
        }

        HeldEntry held = stack.Entries[index];
        LockMap map = MapOf(held.Instance!, held.Record.Class);
        LockSite? site = file is null ? null : LockSite.At(file, line);
        stack.AwaitedAt = site;
        var found = new Acquisition { Stack = stack, Map = map, Record = held.Record, NestedIn = null, Held = ItemsOf(stack, stack.Depth) };
        string place = site is null ? "" : $" at {site}";
        string message = $"{map} belongs to its thread and is held over the await{place}: the code may go on with another thread, which does not hold it.";
        LockViolation violation = found.Violation(LockViolationKind.HeldOverAwait, LockConfidence.Certain, message) with
        {
            Stack = _options.CaptureStacks ? LockTrace.Capture() : null,
            Key = $"{LockViolationKind.HeldOverAwait}|{map.Class.Name}|{site}",
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
