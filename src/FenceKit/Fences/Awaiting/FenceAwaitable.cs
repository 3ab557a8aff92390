// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>A fence together with where the code after its <c>await</c> runs; see <see cref="Fence.ConfigureAwait(FenceContinuation)"/>.</summary>
/// <remarks>
/// It is its own awaiter: what compilers need is not to be used by hand. It remembers nothing: it can be asked twice, given a second
/// continuation, or kept, and speaks of its own fence only.
/// </remarks>
[DebuggerDisplay("waits for {Fence}")]
public readonly struct FenceAwaitable : ICriticalNotifyCompletion
{
    // Two words and one reference: the compiler copies an awaiter into the state machine and back, and each reference has a write barrier.
    private readonly FenceTimeline? _timeline;
    private readonly ulong _word; // the target of the fence, and in the two bits that are 0 in every target, where the continuation runs

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
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceAwaitable GetAwaiter()
    {
        FenceContract.AwaitHere(_timeline?.ContractMap);
        return this;
    }

    /// <summary>Runs a continuation once the fence is complete, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(Fence, continuation, Resumption, ExecutionContext.Capture());

    /// <summary>Runs a continuation once the fence is complete.</summary>
    /// <param name="continuation">What to run.</param>
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

    /// <summary>The outcome. Blocks if the fence is still pending; after an <c>await</c> it never is.</summary>
    /// <returns><see cref="FenceStatus.Signaled"/>: anything else is thrown.</returns>
    /// <remarks>
    /// The continuation hears a fault that its timeline has forgotten meanwhile. A caller who asks elsewhere hears what the timeline
    /// remembers, as <see cref="Fence.GetStatus"/>.
    /// </remarks>
    /// <exception cref="FenceRetiredException">How the fence ended is no longer known: it may have failed.</exception>
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
