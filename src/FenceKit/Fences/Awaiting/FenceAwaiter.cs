// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>The awaiter of a fence. Compilers use it; there is nothing here to be used by hand.</summary>
/// <remarks>
/// It is a fence and a place, and remembers nothing: it can be asked twice, given a second continuation, or kept, and speaks of its own
/// fence only.
/// </remarks>
[DebuggerDisplay("waits for {Fence}")]
public readonly struct FenceAwaiter : ICriticalNotifyCompletion
{
    // Two words and one reference: the compiler copies an awaiter into the state machine and back, and each reference has a write barrier.
    private readonly FenceTimeline? _timeline;
    private readonly ulong _word; // the target of the fence, and in the two bits that are 0 in every target, the place

    internal FenceAwaiter(Fence fence, FenceContinuation place)
    {
        _timeline = fence.Timeline;
        _word = fence.Target | (ulong)place;
        FenceContract.Await(fence.Timeline?.ContractMap);
    }

    /// <summary>Whether the fence is complete.</summary>
    public bool IsCompleted => _timeline is null || _timeline.HasReached(Target);

    private ulong Target => _word & ~TimelineState.Flags;

    private FenceContinuation Place => (FenceContinuation)(_word & TimelineState.Flags);

    private Fence Fence => _timeline is null ? default : new Fence(_timeline, TimelineState.PointOf(_word));

    /// <summary>Runs a continuation once the fence is complete, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(Fence, continuation, Place, ExecutionContext.Capture());

    /// <summary>Runs a continuation once the fence is complete.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        FenceContinuation place = Place;
        if (_timeline is null || continuation is null || (place == FenceContinuation.CapturedContext && FencePlace.HasContext))
        {
            Arm(Fence, continuation!, place, executionContext: null);
            return;
        }

        _timeline.Await(Target, continuation, place == FenceContinuation.Inline);
    }

    /// <summary>The outcome. Blocks if the fence is still pending; after an <c>await</c> it never is.</summary>
    /// <returns><see cref="FenceStatus.Signaled"/>: anything else is thrown.</returns>
    /// <remarks>
    /// The continuation hears a fault that its timeline has forgotten meanwhile. Whoever asks elsewhere hears what the timeline
    /// remembers, as <see cref="Fence.GetStatus"/>.
    /// </remarks>
    /// <exception cref="FenceRetiredException">How the fence ended is no longer known: it may have failed.</exception>
    public FenceStatus GetResult() =>
        _timeline is null || _timeline.HasSucceeded(Target) ? FenceStatus.Signaled : ResultOf(Fence);

    internal static void Arm(Fence fence, Action continuation, FencePlace place, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (fence.Timeline is { } timeline)
        {
            timeline.AwaitAt(fence.Target, continuation, place, executionContext);
        }
        else
        {
            FenceContinuationNode node = new();
            node.SetContinuation(continuation, place, executionContext);
            node.Dispatch();
        }
    }

    internal static FenceStatus ResultOf(Fence fence)
    {
        if (!fence.IsSignaled)
        {
            _ = fence.Wait();
        }

        FenceStatus status = FenceNews.OutcomeOf(fence, out Exception? error);
        if (status != FenceStatus.Signaled)
        {
            ExceptionDispatchInfo.Throw(error ?? FenceRetiredException.For(fence));
        }

        return status;
    }
}
