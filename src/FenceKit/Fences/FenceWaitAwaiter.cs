// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>The awaiter of <see cref="Fence.WaitAsync"/>. Compilers use it; there is nothing here to be used by hand.</summary>
/// <remarks>
/// It remembers what to wait for and since when, and nothing of the wait itself: how it ended shows in the fence, the token and the clock.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceWaitAwaiter : ICriticalNotifyCompletion
{
    private readonly Fence _fence;
    private readonly TimeSpan _timeout;
    private readonly long _start; // on the clock of the timeline; of a wait without a limit 0
    private readonly CancellationToken _cancellationToken;
    private readonly FencePlace _place;

    internal FenceWaitAwaiter(Fence fence, TimeSpan timeout, FencePlace place, CancellationToken cancellationToken)
    {
        _fence = fence;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        _place = place;
        if (timeout == TimeSpan.Zero)
        {
            return;
        }

        FenceContract.Await(fence.Timeline?.ContractMap);
        if (timeout != Timeout.InfiniteTimeSpan && !fence.IsSignaled)
        {
            _start = fence.Timeline!.TimeProvider.GetTimestamp();
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
    public FenceStatus GetResult() =>
        _fence.Timeline is not { } timeline || timeline.HasSucceeded(_fence.Target) ? FenceStatus.Signaled : GetUnusualResult();

    internal void OnCompleted(Action continuation, bool flowsContext) =>
        Arm(continuation, flowsContext ? ExecutionContext.Capture() : null);

    private string DebuggerDisplay => $"waits for {_fence}, {FenceText.Of(_timeout)}";

    private FenceStatus GetUnusualResult()
    {
        if (_fence.IsSignaled)
        {
            return FenceNews.OutcomeOf(_fence, out _);
        }

        TimeSpan left = _timeout;
        if (left > TimeSpan.Zero)
        {
            TimeSpan passed = _fence.Timeline!.TimeProvider.GetElapsedTime(_start);
            left = passed < left ? left - passed : TimeSpan.Zero;
        }

        // Asked too early, it blocks as a task's awaiter does.
        return left == TimeSpan.Zero || _cancellationToken.IsCancellationRequested
            ? _fence.WaitUnchecked(left, _cancellationToken)
            : _fence.Wait(left, _cancellationToken);
    }

    private void Arm(Action continuation, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (_timeout == Timeout.InfiniteTimeSpan && _fence.Timeline is { } timeline)
        {
            timeline.Await(_fence.Target, continuation, _place, executionContext, _cancellationToken);
            return;
        }

        FenceWaitNode node = (_fence.Timeline?.WaiterPools ?? FenceWaiterPools.Shared).RentWait();
        node.SetContinuation(continuation, _place, executionContext);
        node.Arm(_fence, _timeout, _start, _cancellationToken);
    }
}
