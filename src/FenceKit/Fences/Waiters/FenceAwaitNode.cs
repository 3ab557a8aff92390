// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// The waiter node of an <c>await</c> of one fence. It comes from a pool, or is cached by its timeline (see
/// <see cref="FenceTimeline.Await"/>). It has the continuation, and dispatches it to its target. The node is free again before the
/// continuation runs; an outcome that the timeline may forget is passed on by <see cref="DeliveredOutcome"/>.
/// </summary>
internal partial class FenceAwaitNode(FenceWaiterPools pools) : FenceCallback(isInternal: true)
{
    private Action? _continuation;
    private ExecutionContext? _executionContext;
    private object? _context;
    private CancellationTokenRegistration _registration; // under the lock bit while the node waits; default without a token
    private Load _carries;

    /// <summary>Tells which of the fields are set, so that a single byte identifies the usual wait.</summary>
    [Flags]
    private enum Load : byte
    {
        Nothing = 0, // the continuation runs on the thread pool

        /// <summary>The continuation runs on the thread that ends the wait, if there is enough stack.</summary>
        Inline = 1,

        /// <summary>There is a SynchronizationContext or TaskScheduler to post to.</summary>
        Context = 2,

        /// <summary>There is an ExecutionContext to run with.</summary>
        Flow = 4,

        /// <summary>There is a token that may cancel the wait.</summary>
        Token = 8,
    }

    /// <summary>True if the node belongs to its timeline for ever; false for pooled nodes. Under the lock bit of the timeline.</summary>
    internal bool IsOwn;

    protected FenceWaiterPools Pools { get; } = pools;

    /// <summary>Whether the token is canceled.</summary>
    protected bool IsCanceled => _registration.Token.IsCancellationRequested;

    /// <summary>Sets the continuation. Called only by the owner of the node.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <param name="isInline">Whether the continuation runs on the thread that ends the wait, if there is enough stack.</param>
    /// <param name="context">The SynchronizationContext or TaskScheduler to post to; null for none.</param>
    /// <param name="executionContext">The ExecutionContext to run with; null for none.</param>
    internal void SetContinuation(Action continuation, bool isInline, object? context, ExecutionContext? executionContext)
    {
        _continuation = continuation;
        Load carries = isInline ? Load.Inline : Load.Nothing;
        if (executionContext is not null)
        {
            _executionContext = executionContext; // not stored if null, which saves the GC write barrier
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

    /// <summary>Registers the node with a token that may cancel its next wait. The caller need not own the node yet.</summary>
    internal CancellationTokenRegistration Register(FenceTimeline timeline, CancellationToken token)
    {
        if (!IsOwn)
        {
            Volatile.Write(ref Timeline, timeline); // pairs with the read in OnCanceled
        }

        return token.RegisterShielded(static (node, canceled) => ((FenceAwaitNode)node!).OnCanceled(canceled), this);
    }

    /// <summary>Sets the registration with a token. Called only by the owner of the node, before the node is added.</summary>
    internal void SetRegistration(CancellationTokenRegistration registration, CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _registration = registration;
            _carries |= Load.Token;
        }
    }

    /// <summary>Under the lock bit, while the node waits: whether this is the token of the wait.</summary>
    internal bool IsEndedBy(CancellationToken token) => _registration.Token == token;

    /// <summary>Ends a wait that did not begin, because the fence was complete, or the token canceled, before the node was added.</summary>
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

    /// <summary>Called when the token is canceled. The call may come late, when the node serves another wait already.</summary>
    protected void OnCanceled(CancellationToken token)
    {
        if (Volatile.Read(ref Timeline) is { } timeline && timeline.TryCancel(this, token))
        {
            EndEarly(FenceKitCounter.WaitsCanceled);
        }
    }

    /// <summary>Ends a wait whose node was removed by a timeout or a cancellation.</summary>
    protected virtual void EndEarly(FenceKitCounter reason)
    {
        FenceKitMeter.Count(reason);
        Dispatch();
    }

    /// <summary>Returns the node to its pool; the last access to it.</summary>
    protected virtual void Return() => Pools.Return(this);

    /// <summary>Clears the node, and frees it for other waits.</summary>
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
