// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>The awaiter of a fence. Compilers use it; there is nothing here to be used by hand.</summary>
/// <remarks>
/// It cannot be misused into another fence's result: a second <see cref="GetResult"/>, or a second continuation, is answered from the
/// fence itself, because the pooled node behind it knows in which round it was rented.
/// </remarks>
[DebuggerDisplay("waits for {_fence}")]
public readonly struct FenceAwaiter : ICriticalNotifyCompletion
{
    private readonly Fence _fence;
    private readonly FenceAwaitNode? _node;
    private readonly long _round;
    private readonly FencePlace _place;

    internal FenceAwaiter(Fence fence, FencePlace place)
    {
        _fence = fence;
        _place = place;
        FenceContract.Await(fence.Timeline?.ContractMap);
        if (!fence.IsSignaled)
        {
            _node = fence.Timeline!.WaiterPools.RentAwait();
            _round = _node.Round;
        }
    }

    /// <summary>Whether the fence is complete.</summary>
    public bool IsCompleted => _fence.IsSignaled;

    /// <summary>Runs a continuation once the fence is complete, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, ExecutionContext.Capture());

    /// <summary>Runs a continuation once the fence is complete.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation) => Arm(continuation, executionContext: null);

    /// <summary>The outcome. Blocks if the fence is still pending; after an <c>await</c> it never is.</summary>
    /// <returns><see cref="FenceStatus.Signaled"/> or <see cref="FenceStatus.Retired"/>; a fault is thrown.</returns>
    public FenceStatus GetResult()
    {
        if (_node is null || !_node.TryTakeOutcome(_round, out FenceStatus status, out Exception? error))
        {
            if (!_fence.IsSignaled)
            {
                _fence.Wait();
            }

            status = _fence.GetStatus(out error);
        }

        if (error is not null)
        {
            ExceptionDispatchInfo.Throw(error);
        }

        return status;
    }

    internal void OnCompleted(Action continuation, bool flowsContext) =>
        Arm(continuation, flowsContext ? ExecutionContext.Capture() : null);

    private void Arm(Action continuation, ExecutionContext? executionContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        FenceAwaitNode? node = _node;
        if (node is null || !node.TryBeginRound(_round))
        {
            // A second continuation on one awaiter: it gets a node of its own, which is not pooled.
            node = new FenceAwaitNode(FenceWaiterPools.Shared);
            node.TryBeginRound(node.Round);
        }

        node.SetContinuation(continuation, _place, executionContext);
        node.Arm(_fence);
    }
}
