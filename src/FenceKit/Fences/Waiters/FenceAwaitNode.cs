// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>
/// The node behind an <c>await</c> of one fence, from a pool or a timeline's own (see <see cref="FenceTimeline.Await"/>). It is free again
/// before the continuation runs: what the continuation has to know that the fence itself may forget is told through <see cref="FenceNews"/>.
/// </summary>
internal class FenceAwaitNode(FenceWaiterPools pools) : FenceContinuationNode
{
    // Written under the gate, or by whoever took the node out of the list, who clears them: both are null in a wait without a token.
    private CancellationToken _token; // of a wait that is registered after it has begun
    private CancellationTokenRegistration _registration;

    /// <summary>Belongs to its timeline for ever, whose gate guards this; false for the nodes of the pools.</summary>
    internal bool IsOwn;

    protected FenceWaiterPools Pools { get; } = pools;

    /// <summary>Whether a signal may put the node into the queue of the thread pool at once.</summary>
    internal bool QueuesAtOnce => Carries == Load.Nothing;

    /// <summary>What may end the wait early. Before the node comes into its list.</summary>
    internal void SetToken(CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _token = token;
            Carries |= Load.Token;
        }
    }

    /// <summary>Under the gate: whether this token ends the wait that the node stands for.</summary>
    internal bool IsEndedBy(CancellationToken token) => Token == token;

    /// <summary>Under the gate, as the node begins to wait or while it does; see <see cref="FenceTimeline.AttachToken"/>.</summary>
    internal void SetRegistration(CancellationTokenRegistration registration)
    {
        _registration = registration;
        Carries |= Load.Token;
    }

    /// <summary>Under the gate, where <see cref="FenceContinuationNode.RunsAtOnce"/>: the node is free again, and the caller runs the continuation.</summary>
    internal Action TakeAtOnce(out CancellationTokenRegistration registration)
    {
        Action continuation = TakeBareContinuation();
        registration = TakeRegistration();
        MarkFree();
        return continuation;
    }

    /// <summary>The fence was complete before the node came into its list.</summary>
    internal void DeliverAtOnce(Fence fence)
    {
        Timeline = fence.Timeline;
        Target = fence.Target;
        DeliveredStatus = fence.GetStatus(out DeliveredError);
        Dispatch();
    }

    /// <summary>The token says that it is canceled; perhaps late, when the node stands for another wait.</summary>
    internal void OnCanceled(CancellationToken token)
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

    /// <summary>Whether the token ends the wait.</summary>
    protected bool IsCanceled => Token.IsCancellationRequested;

    private CancellationToken Token => _token.CanBeCanceled ? _token : _registration.Token;

    protected override void RunContinuation()
    {
        Action continuation = TakeContinuation(out ExecutionContext? executionContext);
        if ((Carries & Load.Token) != 0
            || executionContext is not null
            || Timeline is null or { HasFaulted: true }) // of one that never has, there is no outcome to be told
        {
            RunUnusual(continuation, executionContext);
            return;
        }

        Recycle();
        continuation();
    }

    /// <summary>Apart, because what it needs would be made room for in the usual case too.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunUnusual(Action continuation, ExecutionContext? executionContext)
    {
        CancellationTokenRegistration registration = TakeRegistration();
        FenceTimeline? timeline = Timeline;
        FenceStatus status = DeliveredStatus;
        Exception? error = DeliveredError;
        ulong target = Target;
        DeliveredError = null;
        Recycle();
        registration.UnregisterShielded(); // does not wait: a callback under way finds another wait, or none
        if (status is FenceStatus.Pending || timeline is null || (status is FenceStatus.Signaled && !timeline.HasFaulted))
        {
            Invoke(continuation, executionContext);
            return;
        }

        FenceNews before = FenceNews.Tell(new FenceNews(new Fence(timeline, TimelineState.PointOf(target)), status, error));
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
        if (IsOwn)
        {
            MarkFree();
            return;
        }

        Timeline = null;
        MarkFree();
        Return();
    }

    private CancellationTokenRegistration TakeRegistration()
    {
        if ((Carries & Load.Token) == 0)
        {
            return default;
        }

        CancellationTokenRegistration registration = _registration;
        _registration = default;
        _token = default;
        return registration;
    }
}
