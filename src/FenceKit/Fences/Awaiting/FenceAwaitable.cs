// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>An awaitable of a fence, with the place where the continuation runs; see <see cref="Fence.ConfigureAwait(FenceContinuation)"/>.</summary>
/// <remarks>
/// It is also its own awaiter; the awaiter members are for the compiler. It has no state of its own: it may be stored, awaited several times,
/// and given several continuations.
/// </remarks>
[DebuggerDisplay("waits for {Fence}")]
public readonly struct FenceAwaitable : ICriticalNotifyCompletion
{
    // Two words with only one reference: the compiler copies an awaiter into the state machine and back, and each reference costs a write
    // barrier.
    private readonly FenceTimeline? _timeline;
    private readonly ulong _word; // the target of the fence; its two low bits, which are 0 in every target, hold the FenceContinuation

    internal FenceAwaitable(Fence fence, FenceContinuation resumption)
    {
        _timeline = fence.Timeline;
        _word = fence.Target | (ulong)resumption;
    }

    /// <summary>Whether the fence is complete.</summary>
    public bool IsCompleted => _timeline is null || _timeline.HasReached(Target);

    private ulong Target => _word & ~TimelineState.Flags;

    private FenceContinuation Resumption => (FenceContinuation)(_word & TimelineState.Flags);

    private Fence Fence => _timeline is null ? default : new Fence(_timeline, TimelineState.PointOf(_word));

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter, for the compiler.</returns>
    public FenceAwaitable GetAwaiter()
    {
        FenceContract.AwaitHere(_timeline?.ContractMap);
        return this;
    }

    /// <summary>Runs a continuation once the fence is complete, with the caller's execution context.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(Fence, continuation, Resumption, ExecutionContext.Capture());

    /// <summary>Runs a continuation once the fence is complete.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        if (_timeline is null || continuation is null)
        {
            Arm(Fence, continuation!, Resumption, executionContext: null);
            return;
        }

        _timeline.Await(Target, continuation, Resumption, executionContext: null, CancellationToken.None);
    }

    /// <summary>Returns the outcome. Blocks if the fence is still pending, which it never is after an <c>await</c>.</summary>
    /// <returns><see cref="FenceStatus.Signaled"/>; any other outcome throws.</returns>
    /// <remarks>
    /// Inside the continuation of the <c>await</c> the outcome is always known, even if the timeline has forgotten it in the meantime.
    /// Elsewhere the result is that of <see cref="Fence.GetStatus"/>.
    /// </remarks>
    /// <exception cref="FenceRetiredException">The outcome of the fence is no longer known; it may have failed.</exception>
    public FenceStatus GetResult() =>
        _timeline is null || _timeline.HasSucceeded(Target) ? FenceStatus.Signaled : ResultOf(Fence);

    internal static void Arm(Fence fence, Action continuation, ContinuationTarget resumption, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (fence.Timeline is { } timeline)
        {
            timeline.Await(fence.Target, continuation, resumption, executionContext, CancellationToken.None);
        }
        else
        {
            FenceAwaitNode node = FenceWaiterPools.Shared.RentAwait();
            node.SetContinuation(continuation, resumption, executionContext);
            node.Dispatch();
        }
    }

    internal static FenceStatus ResultOf(Fence fence)
    {
        if (!fence.IsSignaled)
        {
            _ = fence.Wait();
        }

        FenceStatus status = DeliveredOutcome.OutcomeOf(fence, out Exception? error);
        if (status != FenceStatus.Signaled)
        {
            ExceptionDispatchInfo.Throw(error ?? FenceRetiredException.For(fence));
        }

        return status;
    }
}
