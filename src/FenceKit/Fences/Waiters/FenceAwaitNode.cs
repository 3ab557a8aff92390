// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// The node behind an <c>await</c> of one fence, from a pool or a timeline's own (see <see cref="FenceTimeline.Await"/>): it holds the
/// continuation and brings it to its target. It is free again before the continuation runs: what the continuation has to know that the fence
/// itself may forget is told through <see cref="DeliveredOutcome"/>.
/// </summary>
internal partial class FenceAwaitNode(FenceWaiterPools pools) : FenceCallback(isInternal: true)
{
    private Action? _continuation;
    private ExecutionContext? _executionContext;
    private object? _context;
    private CancellationTokenRegistration _registration; // read under the lock bit while the node waits; default without a token
    private Load _carries;

    /// <summary>What the node carries besides the continuation: the usual wait is recognized by one byte.</summary>
    [Flags]
    private enum Load : byte
    {
        Nothing = 0, // the continuation runs on the thread pool

        /// <summary>On the stack of the thread that ends the wait, if there is room.</summary>
        Inline = 1,

        /// <summary>A context to post to.</summary>
        Context = 2,

        /// <summary>A context that flows.</summary>
        Flow = 4,

        /// <summary>A token that may end the wait.</summary>
        Token = 8,
    }

    /// <summary>Belongs to its timeline for ever, whose lock bit guards this; false for the nodes of the pools.</summary>
    internal bool IsOwn;

    protected FenceWaiterPools Pools { get; } = pools;

    /// <summary>Whether the token ends the wait.</summary>
    protected bool IsCanceled => _registration.Token.IsCancellationRequested;

    /// <summary>Sets the continuation. Only the owner of the node calls it.</summary>
    /// <param name="continuation">What to run.</param>
    /// <param name="isInline">On the stack of the thread that ends the wait, if there is room.</param>
    /// <param name="context">The SynchronizationContext or TaskScheduler to post to; null for none.</param>
    /// <param name="executionContext">What flows; null for nothing.</param>
    internal void SetContinuation(Action continuation, bool isInline, object? context, ExecutionContext? executionContext)
    {
        _continuation = continuation;
        Load carries = isInline ? Load.Inline : Load.Nothing;
        if (executionContext is not null)
        {
            _executionContext = executionContext; // usually null over null: not worth the collector's write barrier
            carries |= Load.Flow;
        }

        if (context is not null)
        {
            _context = context;
            carries |= Load.Context;
        }

        _carries = carries;
    }

    /// <inheritdoc cref="SetContinuation(Action, bool, object, ExecutionContext)"/>
    internal void SetContinuation(Action continuation, ContinuationTarget resumption, ExecutionContext? executionContext)
    {
        resumption.TryGetTarget(out object? context);
        SetContinuation(continuation, resumption.IsInline, context, executionContext);
    }

    /// <summary>Registers the node with a token that may end what it will wait for. It need not be the caller's yet.</summary>
    internal CancellationTokenRegistration Register(FenceTimeline timeline, CancellationToken token)
    {
        if (!IsOwn)
        {
            Volatile.Write(ref Timeline, timeline); // pairs with the read in OnCanceled
        }

        return token.RegisterShielded(static (node, canceled) => ((FenceAwaitNode)node!).OnCanceled(canceled), this);
    }

    /// <summary>Sets the registration with a token. Only the owner of the node calls it, before the node comes into its list.</summary>
    internal void SetRegistration(CancellationTokenRegistration registration, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _registration = registration;
            _carries |= Load.Token;
        }
    }

    /// <summary>Under the lock bit, while the node waits: whether this token ends the wait.</summary>
    internal bool IsEndedBy(CancellationToken token) => _registration.Token == token;

    /// <summary>The fence was complete, or the token canceled, before the node came into its list.</summary>
    internal void DeliverAtOnce(Fence fence)
    {
        Timeline = fence.Timeline;
        Target = fence.Target;
        DeliveredStatus = fence.GetStatus(out DeliveredError);
        if (DeliveredStatus == FenceStatus.Pending)
        {
            FenceKitMeter.Count(FenceKitCounter.WaitsCanceled);
        }

        Dispatch();
    }

    /// <summary>The token says that it is canceled; perhaps late, when the node stands for another wait.</summary>
    protected void OnCanceled(CancellationToken token)
    {
        if (Volatile.Read(ref Timeline) is { } timeline && timeline.TryCancel(this, token))
        {
            EndEarly(FenceKitCounter.WaitsCanceled);
        }
    }

    /// <summary>The node has left the list, but not by a signal.</summary>
    protected virtual void EndEarly(FenceKitCounter reason)
    {
        FenceKitMeter.Count(reason);
        Dispatch();
    }

    /// <summary>Lets others have the node; the last touch.</summary>
    protected virtual void Return() => Pools.Return(this);

    /// <summary>Clears what must not outlive the wait, and lets others have the node.</summary>
    private void Recycle()
    {
        DeliveredStatus = FenceStatus.Pending;
        if (IsOwn)
        {
            State.Free();
            return;
        }

        Timeline = null;
        State.Free();
        Return();
    }
}
