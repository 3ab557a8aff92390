// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The awaiter of a <see cref="FenceSchedulerAwaitable"/>: a <see cref="FenceAwaiter"/> that has room for a scheduler. Compilers use it; there
/// is nothing here to be used by hand.
/// </summary>
[DebuggerDisplay("waits for {_fence}")]
public readonly struct FenceSchedulerAwaiter : ICriticalNotifyCompletion
{
    private readonly Fence _fence;
    private readonly FencePlace _place;

    internal FenceSchedulerAwaiter(Fence fence, FencePlace place)
    {
        _fence = fence;
        _place = place;
        FenceContract.Await(fence.Timeline?.ContractMap);
    }

    /// <inheritdoc cref="FenceAwaiter.IsCompleted"/>
    public bool IsCompleted => _fence.IsSignaled;

    /// <inheritdoc cref="FenceAwaiter.OnCompleted"/>
    public void OnCompleted(Action continuation) => FenceAwaiter.Arm(_fence, continuation, _place, ExecutionContext.Capture());

    /// <inheritdoc cref="FenceAwaiter.UnsafeOnCompleted"/>
    public void UnsafeOnCompleted(Action continuation) => FenceAwaiter.Arm(_fence, continuation, _place, executionContext: null);

    /// <inheritdoc cref="FenceAwaiter.GetResult"/>
    public FenceStatus GetResult() => FenceAwaiter.ResultOf(_fence);
}
