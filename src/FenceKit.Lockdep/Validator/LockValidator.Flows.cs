// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Locks that asynchronous flows hold. The execution context carries them across every await; the held list of the thread has a copy.
public sealed partial class LockValidator : IHeldLock
{
    private readonly AsyncLocal<FlowNode?> _flow;
    private long _unfollowedHolds; // interlocked

    /// <summary>
    /// Announces that this flow holds a custom lock until the hold is disposed, by any code on any thread. Before the wait, call
    /// <see cref="Await(LockMap, in LockAcquireOptions, string, int)"/>, or
    /// <see cref="MightAcquire(LockMap, in LockAcquireOptions, string, int)"/> if the wait blocks.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <param name="options">The same mode, attempt, subclass and nesting as in the announcement.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// The hold; disposing it announces the release. If the flow of the execution context is suppressed, no hold is recorded and disposing
    /// does nothing.
    /// </returns>
    /// <remarks>
    /// Call it in a method that is not asynchronous, such as <c>GetResult</c> of an awaiter: changes to the execution context in an
    /// asynchronous method end when it returns, unless its caller calls <see cref="LockHold.Adopt"/>. Never blocks; allocates 200 bytes, or
    /// a little more if other <see cref="AsyncLocal{T}"/>s have values.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="map"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock does not count as held.</exception>
    public LockHold Hold(LockMap map, in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (map is null)
        {
            Misuse.ThrowNull(nameof(map));
        }

        AcquireShape shape = options.ToShape(map.Subclass).AsOfFlow();
        ulong own = OwnKey(map.Identity, shape, options.NestedIn, line);
        LockHolder stack = LockHolder.Current(this);
        long before = BytesBefore(stack);
        long ownBytes = stack.OwnBytes;
        FlowNode? node = Hold(map, new PendingHold(own, shape, file, line), options.NestedIn);
        stack.OwnBytes = ownBytes; // this includes what was added inside
        AddOwnBytes(stack, before);
        return new LockHold(this, node, options.Mode);
    }

    LockValidator? IHeldLock.Validator => this;

    void IHeldLock.GiveBack(in LockHold hold)
    {
        // The caller owns the lock and releases it itself.
    }

    /// <summary>
    /// Announces that a flow is about to wait for a lock. The awaiter calls <see cref="Hold(LockMap, in PendingHold, object?)"/> when it
    /// has the lock.
    /// </summary>
    internal void Announce(LockMap map, in PendingHold pending)
    {
        LockHolder stack = LockHolder.Current(this);
        if (!stack.KnowsNext(pending.Own, pending.File))
        {
            AnnounceSlow(stack, map, pending);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AnnounceSlow(LockHolder stack, LockMap map, in PendingHold pending)
    {
        if (!stack.TryPushCached(map, pending.Own, pending.File))
        {
            AcquireSlow(stack, map, pending.Shape, null, pending.Own, pending.File, pending.Line);
        }

        stack.PopPassing(map);
    }

    /// <summary>
    /// Records that the flow holds the lock. Called in <c>GetResult</c> of an awaiter, which runs as part of the awaiting method: an
    /// asynchronous method could not do it, because its changes to the execution context are undone when it returns.
    /// </summary>
    /// <returns>The node to release; null if the flow of the execution context is suppressed, so that the hold cannot be tracked.</returns>
    internal FlowNode? Hold(LockMap map, in PendingHold pending, object? nestedIn = null)
    {
        LockHolder stack = LockHolder.Current(this);
        if (!stack.TryPushKnown(map, pending.Own, pending.File))
        {
            AcquireSlow(stack, map, pending.Shape, nestedIn, pending.Own, pending.File, pending.Line);
        }

        ExecutionContext? before = ExecutionContext.Capture();
        if (before is null)
        {
            stack.PopPassing(map);
            Interlocked.Increment(ref _unfollowedHolds);
            return null;
        }

        FlowNode node = FlowNode.ForHold(stack.BelowTopIn(before) ?? _flow.Value, map, stack.TopRecord, pending.Own, stack.Turn);
        stack.GiveTopToFlow(node);
        WriteFlow(node);
        node.KeepContexts(before, ExecutionContext.Capture());
        return node;
    }

    /// <summary>Records the release of a lock by any flow on any thread. False if it was already released.</summary>
    internal bool ReleaseHold(FlowNode node)
    {
        // Before the release, a thread that has just switched to this flow has to load the flow's locks, because those acquired under this
        // lock have to remember it.
        LockHolder? stack = LockHolder.CurrentIfAny(this) ?? HolderAbove(node);
        stack?.Settle();
        if (!node.TryRelease())
        {
            return false;
        }

        stack?.Drop(node);
        node.TellOthers(stack, Stacks);
        if (stack is not null && !node.HasCalls && ReferenceEquals(ExecutionContext.Capture(), node.After))
        {
            // The earlier context differs only by the lock: restoring it means that a flow without locks pays nothing for its next await.
            stack.Restore(node.Before!);
            node.ForgetContexts();
            if (node.HasForks)
            {
                Decide(node, []);
            }
        }
        else
        {
            node.ForgetContexts();
            Leave(node);
        }

        return true;
    }

    /// <summary>The held list of a thread that has none yet, if the flow that it runs has acquired locks after this one.</summary>
    private LockHolder? HolderAbove(FlowNode node) => _flow.Value is { } newest && !ReferenceEquals(newest, node) ? LockHolder.Current(this) : null;

    // The lock is released by another flow, or by the same flow with other changes in its context, or by a flow that has come through
    // calls.
    private void Leave(FlowNode node)
    {
        FlowNode? flow = _flow.Value;
        Action[] decided = [];
        if (flow is { HasCalls: true })
        {
            decided = DecidedBy(flow, node.Origin ?? node);
            WriteFlow(FlowNode.Living(flow));
        }
        else if (flow is not null && (ReferenceEquals(flow, node) || ReferenceEquals(flow.Origin, node)))
        {
            WriteFlow(FlowNode.Living(flow.Parent));
        }

        if (node.HasForks || decided.Length > 0)
        {
            Decide(node, decided);
        }
    }

    // A sink that throws does not stop the other validations.
    private void Decide(FlowNode released, Action[] decided)
    {
        LockViolationException? refused = null;
        foreach (Action one in (Action[])[() => DecideForks(released), .. decided])
        {
            try
            {
                one();
            }
            catch (LockViolationException exception)
            {
                refused ??= exception;
            }
        }

        if (refused is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(refused);
        }
    }

    /// <summary>Makes the current flow the holder of the lock, in place of the flow that acquired it.</summary>
    internal void Adopt(FlowNode node)
    {
        if (node.IsReleased || IsInFlow(node))
        {
            return;
        }

        LockHolder stack = LockHolder.Current(this);
        FlowNode adopted = FlowNode.ForAdoption(_flow.Value, node, stack.Turn);
        WriteFlow(adopted);
        stack.MarkStale();
    }

    internal bool IsInFlow(FlowNode node)
    {
        FlowNode taken = node.Origin ?? node; // it may already have been transferred
        FlowNode? now = _flow.Value;
        while (now is not null && !ReferenceEquals(now.Origin ?? now, taken))
        {
            now = now.Parent;
        }

        return now is not null;
    }

    /// <summary>The newest hold of the lock in the current flow.</summary>
    internal FlowNode? FindInFlow(LockMap map)
    {
        FlowNode? now = _flow.Value;
        while (now is { Fork: null } && (now.IsReleased || !ReferenceEquals(now.Map, map)))
        {
            now = now.Parent;
        }

        return now is { Fork: null } ? now : null;
    }

    // Writing the value does not notify: see OnFlowChanged.
    private void WriteFlow(FlowNode? node) => _flow.Value = node;

    private void OnFlowChanged(AsyncLocalValueChangedArgs<FlowNode?> change)
    {
        if (!change.ThreadContextChanged || LockHolder.CurrentIfAny(this) is { IsLeaving: true })
        {
            return; // our own change: the held list already matches
        }

        try
        {
            Turn(change.PreviousValue, change.CurrentValue);
        }
#pragma warning disable CA1031 // The runtime ends the process for any exception here. A finding that a sink refuses is in Violations.
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
        if (previous is null || now is null)
        {
            stack.BeginTurn();
        }

        FlowNode? left = previous ?? stack.Arrival.Left;
        switch (stack.Arrival.Judge(previous, now))
        {
            case FlowTurn.Begins when FlowNode.HoldsAnything(now) || FlowNode.ForkOf(now) is not null: // a task that is started inside a task is a separate one
                WriteFlow(FlowNode.ForFork(now, new LockFork()));
                return;
            case FlowTurn.Awaited:
                Join(FlowArrival.EndedBefore(left, now)!, blocks: false, isOver: true);
                break;
        }

        CarryCalls(previous);
    }
}

/// <summary>A pending acquisition: all that is needed to record it when it succeeds.</summary>
internal readonly record struct PendingHold(ulong Own, AcquireShape Shape, string? File, int Line);
