// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>An awaitable of a fence with a time limit and a cancellation token; see <see cref="Fence.WaitAsync"/>.</summary>
/// <remarks>
/// It is also its own awaiter; the awaiter members are for the compiler. It stores the fence, the deadline and the token, and no state of the
/// wait: how the wait ended follows from these three.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceWaitAwaitable : ICriticalNotifyCompletion
{
    // Four words, which the JIT keeps in registers, with few references; see FenceAwaitable.
    private readonly FenceTimeline? _timeline;
    private readonly ulong _word;    // the target of the fence; its two low bits, which are 0 in every target, hold the FenceContinuation
    private readonly long _deadline; // on the clock of the timeline; see WaitDeadline
    private readonly CancellationToken _cancellationToken;

    internal FenceWaitAwaitable(FenceTimeline? timeline, ulong word, long deadline, CancellationToken cancellationToken)
    {
        _timeline = timeline;
        _word = word;
        _deadline = deadline;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Creates the awaitable of a wait that begins now, whose continuation runs in the captured context.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static FenceWaitAwaitable Begin(FenceTimeline? timeline, ulong target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long deadline = timeout == Timeout.InfiniteTimeSpan ? WaitDeadline.Never : DeadlineOf(timeline, target, timeout);
        return new FenceWaitAwaitable(timeline, target, deadline, cancellationToken);
    }

    /// <summary>Sets where the continuation of the <c>await</c> runs.</summary>
    /// <param name="continuation">
    /// Where the continuation runs. Inline means the thread that ends the wait: the signaler's, a timer's or the canceler's.
    /// </param>
    /// <returns>The awaitable.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceWaitAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceWaitAwaitable(_timeline, Target | (ulong)continuation, _deadline, _cancellationToken);
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter, for the compiler.</returns>
    /// <remarks>
    /// Inlined, so that each field goes from a register directly into the state machine; with a call, all of them would go through memory
    /// twice.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FenceWaitAwaitable GetAwaiter()
    {
        if (_deadline != WaitDeadline.Passed)
        {
            FenceContract.AwaitHere(_timeline?.ContractMap);
        }

        return this;
    }

    /// <summary>Whether there is nothing to wait for: the fence is complete, the timeout is zero, or the token is canceled.</summary>
    public bool IsCompleted =>
        _timeline is null
        || _timeline.HasReached(Target)
        || _deadline == WaitDeadline.Passed
        || _cancellationToken.IsCancellationRequested;

    /// <summary>Runs a continuation when the wait has ended, with the caller's execution context.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, Resumption, ExecutionContext.Capture());

    /// <summary>Runs a continuation when the wait has ended.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        if (_timeline is null || continuation is null || _deadline != WaitDeadline.Never)
        {
            Arm(continuation!, Resumption, executionContext: null);
            return;
        }

        _timeline.Await(Target, continuation, Resumption, executionContext: null, _cancellationToken);
    }

    /// <summary>Returns the outcome of the wait. Blocks if the wait has not ended, which it always has after an <c>await</c>.</summary>
    /// <returns>The outcome of the fence, or <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus GetResult() =>
        _timeline is null || _timeline.HasSucceeded(Target) ? FenceStatus.Signaled : GetUnusualResult();

    internal long Deadline => _deadline;

    private ulong Target => _word & ~TimelineState.Flags;

    private FenceContinuation Resumption => (FenceContinuation)(_word & TimelineState.Flags);

    private Fence Fence => _timeline is null ? default : new Fence(_timeline, TimelineState.PointOf(_word));

    private TimeProvider Clock => _timeline?.TimeProvider ?? TimeProvider.System;

    private string DebuggerDisplay => $"waits for {Fence}, {FenceText.Of(WaitDeadline.Left(Clock, _deadline))}";

    internal void Arm(Action continuation, ContinuationTarget resumption, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (_deadline == WaitDeadline.Never && _timeline is not null)
        {
            _timeline.Await(Target, continuation, resumption, executionContext, _cancellationToken);
            return;
        }

        FenceWaitNode node = (_timeline?.WaiterPools ?? FenceWaiterPools.Shared).RentWait();
        node.SetContinuation(continuation, resumption, executionContext);
        node.Arm(Fence, _deadline, _cancellationToken);
    }

    private FenceStatus GetUnusualResult()
    {
        Fence fence = Fence;
        if (fence.IsSignaled)
        {
            return DeliveredOutcome.OutcomeOf(fence, out _);
        }

        // Called before the wait has ended: blocks, as a task's awaiter does.
        TimeSpan left = WaitDeadline.Left(Clock, _deadline);
        return left == TimeSpan.Zero || _cancellationToken.IsCancellationRequested
            ? fence.WaitUnchecked(left, _cancellationToken)
            : fence.Wait(left, _cancellationToken);
    }

    /// <summary>Returns the deadline of a wait that begins now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long DeadlineOf(FenceTimeline? timeline, ulong target, TimeSpan timeout)
    {
        if (timeout == TimeSpan.Zero)
        {
            return WaitDeadline.Passed;
        }

        return timeline is null || timeline.HasReached(target)
            ? WaitDeadline.Never // the deadline will not be used
            : WaitDeadline.After(timeline.TimeProvider, timeout);
    }
}
