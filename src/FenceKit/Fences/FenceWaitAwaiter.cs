// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

/// <summary>The awaiter of <see cref="Fence.WaitAsync"/>. Compilers use it; there is nothing here to be used by hand.</summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceWaitAwaiter : ICriticalNotifyCompletion
{
    private readonly Fence _fence;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;
    private readonly FenceWaitNode? _node;
    private readonly long _round;
    private readonly FencePlace _place;

    internal FenceWaitAwaiter(Fence fence, TimeSpan timeout, FencePlace place, CancellationToken cancellationToken)
    {
        _fence = fence;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        _place = place;
        if (timeout != TimeSpan.Zero)
        {
            FenceContract.Await(fence.Timeline?.ContractMap);
        }

        if (!IsCompleted)
        {
            _node = fence.Timeline!.WaiterPools.RentWait();
            _round = _node.Round;
        }
    }

    /// <summary>Whether there is nothing to wait for: the fence is complete, the timeout is zero, or the token is canceled.</summary>
    public bool IsCompleted => _fence.IsSignaled || _timeout == TimeSpan.Zero || _cancellationToken.IsCancellationRequested;

    /// <summary>Runs a continuation once the wait is over, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, ExecutionContext.Capture());

    /// <summary>Runs a continuation once the wait is over.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation) => Arm(continuation, executionContext: null);

    /// <summary>The outcome of the wait. Blocks if the wait is not over; after an <c>await</c> it always is.</summary>
    /// <returns>The outcome of the fence, or <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus GetResult()
    {
        // Asked a second time, the awaiter answers for this moment; asked too early, it blocks as a task's awaiter does.
        bool secondTime = _node is not null && _node.IsOver(_round);
        if (_node is null || !_node.TryTakeOutcome(_round, out FenceStatus status, out _))
        {
            TimeSpan timeout = secondTime ? TimeSpan.Zero : _timeout;
            return IsCompleted ? _fence.WaitUnchecked(timeout, _cancellationToken) : _fence.Wait(timeout, _cancellationToken);
        }

        if (status == FenceStatus.Pending)
        {
            // The node left the list by time or by token; a token that was canceled is the better reason.
            FenceKitMeter.Count(
                _cancellationToken.IsCancellationRequested ? FenceKitCounter.WaitsCanceled : FenceKitCounter.WaitsTimedOut);
            _cancellationToken.ThrowIfCancellationRequested();
        }

        return status;
    }

    internal void OnCompleted(Action continuation, bool flowsContext) =>
        Arm(continuation, flowsContext ? ExecutionContext.Capture() : null);

    private string DebuggerDisplay => $"waits for {_fence}, {FenceText.Of(_timeout)}";

    private void Arm(Action continuation, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        FenceWaitNode? node = _node;
        if (node is null || !node.TryBeginRound(_round))
        {
            // A second continuation on one awaiter: it gets a node of its own, which is not pooled.
            node = new FenceWaitNode(FenceWaiterPools.Shared);
            node.TryBeginRound(node.Round);
        }

        node.SetContinuation(continuation, _place, executionContext);
        node.Arm(_fence, _timeout, _cancellationToken);
    }
}
