// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// What asynchronous flows hold. The execution context carries it, so it follows every await by itself; the list of the thread has a copy.
public sealed partial class LockValidator
{
    private readonly AsyncLocal<FlowNode?> _flow;
    private long _unfollowedHolds; // interlocked

    [ThreadStatic]
    private static bool t_writesFlow; // our own change: the list of the thread is in step already

    /// <summary>Says that a flow is about to wait for a lock. What it gets is held from <see cref="Hold"/> on, which the awaiter calls.</summary>
    internal void Announce(LockMap map, in PendingHold pending)
    {
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, pending.Own, pending.File))
        {
            AcquireSlow(stack, map, pending.Shape, null, pending.Own, pending.File, pending.Line);
        }

        stack.TryPopTop(map);
    }

    /// <summary>
    /// Says that the flow has the lock. Called in <c>GetResult</c> of an awaiter, which runs as a part of the method that awaits: what an
    /// asynchronous method writes into the execution context is undone when it returns, so it could not be done by one.
    /// </summary>
    /// <returns>What is to be released; null where the flow of the execution context is suppressed and nothing can be followed.</returns>
    internal FlowNode? Hold(LockMap map, in PendingHold pending)
    {
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, pending.Own, pending.File))
        {
            AcquireSlow(stack, map, pending.Shape, null, pending.Own, pending.File, pending.Line);
        }

        ExecutionContext? before = ExecutionContext.Capture();
        if (before is null)
        {
            stack.TryPopTop(map);
            Interlocked.Increment(ref _unfollowedHolds);
            return null;
        }

        FlowNode node = FlowNode.ForHold(_flow.Value, map, stack.TopRecord, pending.Own);
        node.Before = before;
        stack.GiveTopToFlow(node);
        WriteFlow(node);
        node.After = ExecutionContext.Capture();
        return node;
    }

    /// <summary>Says that a lock was let go, by whichever flow on whichever thread. False if it was before.</summary>
    internal bool ReleaseHold(FlowNode node)
    {
        if (!node.TryRelease())
        {
            return false;
        }

        LockHolder? stack = LockHolder.CurrentIfAny(this);
        stack?.Drop(node);
        node.TellOthers(stack, Stacks);
        if (_flow.Value is { } now && (ReferenceEquals(now, node) || ReferenceEquals(now.Origin, node)))
        {
            Leave(now);
        }

        if (node.HasForks)
        {
            DecideForks(node);
        }

        return true;
    }

    /// <summary>Makes the flow that runs here the one that holds the lock, in place of the one that took it.</summary>
    internal void Adopt(FlowNode node)
    {
        if (node.IsReleased || IsInFlow(node))
        {
            return;
        }

        LockHolder stack = LockHolder.Current(this);
        FlowNode adopted = FlowNode.ForAdoption(_flow.Value, node);
        WriteFlow(adopted);
        stack.MarkStale();
    }

    internal bool IsInFlow(FlowNode node)
    {
        FlowNode? now = _flow.Value;
        while (now is not null && !ReferenceEquals(now, node))
        {
            now = now.Parent;
        }

        return now is not null;
    }

    /// <summary>The newest hold of the lock in the flow that runs here.</summary>
    internal FlowNode? FindInFlow(LockMap map)
    {
        FlowNode? now = _flow.Value;
        while (now is { Fork: null } && (now.IsReleased || !ReferenceEquals(now.Map, map)))
        {
            now = now.Parent;
        }

        return now is { Fork: null } ? now : null;
    }

    // The context from before, if it is the same but for the lock: a flow that holds nothing then pays nothing for its next await.
    private void Leave(FlowNode node)
    {
        if (node is { Before: { } before, After: { } after } && ReferenceEquals(ExecutionContext.Capture(), after))
        {
            t_writesFlow = true;
            try
            {
                ExecutionContext.Restore(before);
            }
            finally
            {
                t_writesFlow = false;
            }
        }
        else
        {
            WriteFlow(FlowNode.Living(node.Parent));
        }
    }

    private void WriteFlow(FlowNode? node)
    {
        t_writesFlow = true;
        try
        {
            _flow.Value = node;
        }
        finally
        {
            t_writesFlow = false;
        }
    }

    private void OnFlowChanged(AsyncLocalValueChangedArgs<FlowNode?> change)
    {
        if (t_writesFlow || !change.ThreadContextChanged)
        {
            return;
        }

        try
        {
            Turn(change.PreviousValue, change.CurrentValue);
        }
#pragma warning disable CA1031 // The runtime ends the process for whatever is thrown here. What a sink refuses is in Violations.
        catch (Exception exception) when (exception is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _unfollowedHolds);
        }
    }

    private void Turn(FlowNode? previous, FlowNode? now)
    {
        LockHolder stack = LockHolder.Current(this);
        stack.MarkStale();
        FlowNode? left = previous ?? stack.Arrival.Left;
        switch (stack.Arrival.Judge(previous, now))
        {
            case FlowTurn.Begins when FlowNode.HoldsAnything(now) || FlowNode.ForkOf(now) is not null: // a task of a task is not that task
                WriteFlow(FlowNode.ForFork(now, new LockFork()));
                break;
            case FlowTurn.Awaited:
                Join(FlowArrival.EndedBefore(left, now)!, blocks: false);
                break;
        }
    }
}

/// <summary>An acquisition that waits: all that is needed to say that it succeeded.</summary>
internal readonly record struct PendingHold(ulong Own, AcquireShape Shape, string? File, int Line);
