// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The node behind an <c>await</c> of one fence, from a pool or a timeline's own (see <see cref="FenceTimeline.Await"/>). It is free again
/// before the continuation runs: what the continuation has to know that the fence itself may forget is told through <see cref="FenceNews"/>.
/// </summary>
internal class FenceAwaitNode(FenceWaiterPools pools) : FenceContinuationNode
{
    /// <summary>Guarded by the gate of the timeline that the node belongs to for ever; false for the nodes of the pools.</summary>
    internal bool IsOwn;

    /// <summary>Whether a signal may take the continuation out under the gate and run it at once.</summary>
    internal bool RunsAtOnce => IsOwn && IsBare && RuntimeHelpers.TryEnsureSufficientExecutionStack();

    /// <summary>Under the gate, where <see cref="RunsAtOnce"/>: the node is free again, and the caller runs the continuation.</summary>
    internal Action TakeAtOnce()
    {
        Action continuation = TakeBareContinuation();
        MarkFree();
        return continuation;
    }

    protected FenceWaiterPools Pools { get; } = pools;

    /// <summary>The fence was complete before the node came into its list.</summary>
    internal void DeliverAtOnce(Fence fence)
    {
        Timeline = fence.Timeline;
        Target = fence.Target;
        DeliveredStatus = fence.GetStatus(out DeliveredError);
        Dispatch();
    }

    protected override void RunContinuation()
    {
        Action continuation = TakeContinuation(out ExecutionContext? executionContext);
        FenceStatus status = DeliveredStatus;
        if (status == FenceStatus.Signaled && Timeline is not { HasFaulted: true })
        {
            Recycle();
            Invoke(continuation, executionContext);
            return;
        }

        Fence fence = new(Timeline!, TimelineState.PointOf(Target));
        Exception? error = DeliveredError;
        Recycle();
        FenceNews before = FenceNews.Tell(new FenceNews(fence, status, error));
        try
        {
            Invoke(continuation, executionContext);
        }
        finally
        {
            FenceNews.Tell(before);
        }
    }

    /// <summary>Lets others have the node; the last touch.</summary>
    protected virtual void Return() => Pools.Return(this);

    /// <summary>Clears what must not outlive the wait, and lets others have the node.</summary>
    private void Recycle()
    {
        DeliveredStatus = FenceStatus.Pending;
        DeliveredError = null;
        if (IsOwn)
        {
            MarkFree();
            return;
        }

        Timeline = null;
        MarkFree();
        Return();
    }
}
