// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>The awaiter of <see cref="Fence.WaitAsync"/>. Compilers use it; there is nothing here to be used by hand.</summary>
/// <remarks>
/// It remembers what to wait for and until when, and nothing of the wait itself: how it ended shows in the fence, the token and the clock.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceWaitAwaiter : ICriticalNotifyCompletion
{
    // Four words, as many as the compiler keeps in registers, and few references among them: see FenceAwaiter.
    private readonly FenceTimeline? _timeline;
    private readonly ulong _word;    // the target of the fence, and in the two bits that are 0 in every target, the place
    private readonly long _deadline; // on the clock of the timeline, see WaitDeadline
    private readonly CancellationToken _cancellationToken;

    internal FenceWaitAwaiter(FenceTimeline? timeline, ulong word, long deadline, CancellationToken cancellationToken)
    {
        _timeline = timeline;
        _word = word;
        _deadline = deadline;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Whether there is nothing to wait for: the fence is complete, the timeout is zero, or the token is canceled.</summary>
    public bool IsCompleted =>
        _timeline is null
        || _timeline.HasReached(Target)
        || _deadline == WaitDeadline.Passed
        || _cancellationToken.IsCancellationRequested;

    /// <summary>Runs a continuation once the wait is over, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, Place, ExecutionContext.Capture());

    /// <summary>Runs a continuation once the wait is over.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        FenceContinuation place = Place;
        if (_timeline is null
            || continuation is null
            || _deadline != WaitDeadline.Never
            || (place == FenceContinuation.CapturedContext && FencePlace.HasContext))
        {
            Arm(continuation!, place, executionContext: null);
            return;
        }

        _timeline.AwaitOrCancel(Target, continuation, place == FenceContinuation.Inline, _cancellationToken);
    }

    /// <summary>The outcome of the wait. Blocks if the wait is not over; after an <c>await</c> it always is.</summary>
    /// <returns>The outcome of the fence, or <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus GetResult() =>
        _timeline is null || _timeline.HasSucceeded(Target) ? FenceStatus.Signaled : GetUnusualResult();

    private ulong Target => _word & ~TimelineState.Flags;

    private FenceContinuation Place => (FenceContinuation)(_word & TimelineState.Flags);

    private Fence Fence => _timeline is null ? default : new Fence(_timeline, TimelineState.PointOf(_word));

    private TimeProvider Clock => _timeline?.TimeProvider ?? TimeProvider.System;

    private string DebuggerDisplay => $"waits for {Fence}, {FenceText.Of(WaitDeadline.Left(Clock, _deadline))}";

    internal void Arm(Action continuation, FencePlace place, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (_deadline == WaitDeadline.Never && _timeline is not null)
        {
            _timeline.AwaitAt(Target, continuation, place, executionContext, _cancellationToken);
            return;
        }

        FenceWaitNode node = (_timeline?.WaiterPools ?? FenceWaiterPools.Shared).RentWait();
        node.SetContinuation(continuation, place, executionContext);
        node.Arm(Fence, _deadline, _cancellationToken);
    }

    private FenceStatus GetUnusualResult()
    {
        Fence fence = Fence;
        if (fence.IsSignaled)
        {
            return FenceNews.OutcomeOf(fence, out _);
        }

        // Asked too early, it blocks as a task's awaiter does.
        TimeSpan left = WaitDeadline.Left(Clock, _deadline);
        return left == TimeSpan.Zero || _cancellationToken.IsCancellationRequested
            ? fence.WaitUnchecked(left, _cancellationToken)
            : fence.Wait(left, _cancellationToken);
    }

    /// <summary>When the wait ends, for one whose time is limited; and the validator hears of it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Begin(FenceTimeline? timeline, ulong target, TimeSpan timeout)
    {
        if (timeout == TimeSpan.Zero)
        {
            return WaitDeadline.Passed;
        }

        FenceContract.Await(timeline?.ContractMap);
        return timeline is null || timeline.HasReached(target)
            ? WaitDeadline.Never // nobody will ask the clock
            : WaitDeadline.After(timeline.TimeProvider, timeout);
    }
}
