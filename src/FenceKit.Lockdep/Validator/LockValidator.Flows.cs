// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// What asynchronous flows hold. The execution context carries it, so it follows every await by itself; the list of the thread has a copy.
public sealed partial class LockValidator : IHeldLock
{
    private readonly AsyncLocal<FlowNode?> _flow;
    private long _unfollowedHolds; // interlocked

    /// <summary>
    /// Says that this flow has a lock of your own from here on, until the hold is disposed: by whom and on which thread does not matter. Before it waits it
    /// says <see cref="Await(LockMap, in LockAcquireOptions, string, int)"/>, or <see cref="MightAcquire(LockMap, in LockAcquireOptions, string, int)"/> if it blocks.
    /// </summary>
    /// <param name="map">The lock.</param>
    /// <param name="options">Mode, attempt, subclass and nesting, as they were announced.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>What says that the lock is let go. Where the flow of the execution context is suppressed, nothing is held and it does nothing.</returns>
    /// <remarks>
    /// Call it in a method that is not asynchronous, such as <c>GetResult</c> of an awaiter: what an asynchronous method says ends when it returns, unless its caller
    /// calls <see cref="LockHold.Adopt"/>. Never blocks; allocates 200 bytes, or a little more where other <see cref="AsyncLocal{T}"/>s live.
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
        stack.OwnBytes = ownBytes; // what was added inside is a part of it
        AddOwnBytes(stack, before);
        return new LockHold(this, node, options.Mode);
    }

    LockValidator? IHeldLock.Validator => this;

    void IHeldLock.GiveBack(in LockHold hold)
    {
        // The lock is its owner's, who lets it go himself.
    }

    /// <summary>Says that a flow is about to wait for a lock. What it gets is held from <see cref="Hold(LockMap, in PendingHold, object?)"/> on, which the awaiter calls.</summary>
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
    /// Says that the flow has the lock. Called in <c>GetResult</c> of an awaiter, which runs as a part of the method that awaits: what an
    /// asynchronous method writes into the execution context is undone when it returns, so it could not be done by one.
    /// </summary>
    /// <returns>What is to be released; null where the flow of the execution context is suppressed and nothing can be followed.</returns>
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

    /// <summary>Says that a lock was let go, by whichever flow on whichever thread. False if it was before.</summary>
    internal bool ReleaseHold(FlowNode node)
    {
        // Before it is let go, a thread that has just come to this flow looks what the flow holds: what was taken under this lock has to remember it.
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
            // The context from before is the same but for the lock: a flow that holds nothing then pays nothing for its next await.
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

    /// <summary>A list for a thread that has none, if the flow that it runs has taken anything after this lock.</summary>
    private LockHolder? HolderAbove(FlowNode node) => _flow.Value is { } newest && !ReferenceEquals(newest, node) ? LockHolder.Current(this) : null;

    // Another flow lets it go, or the same one whose context has something else beside, or one that has come through calls.
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

    // A sink that throws keeps nothing else from being judged.
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

    /// <summary>Makes the flow that runs here the one that holds the lock, in place of the one that took it.</summary>
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
        FlowNode taken = node.Origin ?? node; // it may have been handed over already
        FlowNode? now = _flow.Value;
        while (now is not null && !ReferenceEquals(now.Origin ?? now, taken))
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

    // Told of a value that is written, nobody does anything: see OnFlowChanged.
    private void WriteFlow(FlowNode? node) => _flow.Value = node;

    private void OnFlowChanged(AsyncLocalValueChangedArgs<FlowNode?> change)
    {
        if (!change.ThreadContextChanged || LockHolder.CurrentIfAny(this) is { IsLeaving: true })
        {
            return; // our own change: the list of the thread is in step already
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
        if (previous is null || now is null)
        {
            stack.BeginTurn();
        }

        FlowNode? left = previous ?? stack.Arrival.Left;
        switch (stack.Arrival.Judge(previous, now))
        {
            case FlowTurn.Begins when FlowNode.HoldsAnything(now) || FlowNode.ForkOf(now) is not null: // a task of a task is not that task
                WriteFlow(FlowNode.ForFork(now, new LockFork()));
                return;
            case FlowTurn.Awaited:
                Join(FlowArrival.EndedBefore(left, now)!, blocks: false, isOver: true);
                break;
        }

        CarryCalls(previous);
    }
}

/// <summary>An acquisition that waits: all that is needed to say that it succeeded.</summary>
internal readonly record struct PendingHold(ulong Own, AcquireShape Shape, string? File, int Line);
