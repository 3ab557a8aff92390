// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>
/// The awaiter of a <see cref="FenceWaitSchedulerAwaitable"/>: a <see cref="FenceWaitAwaiter"/> that has room for a scheduler. Compilers use
/// it; there is nothing here to be used by hand.
/// </summary>
[DebuggerDisplay("{_awaiter}")]
public readonly struct FenceWaitSchedulerAwaiter : ICriticalNotifyCompletion
{
    private readonly FenceWaitAwaiter _awaiter;
    private readonly FencePlace _place;

    internal FenceWaitSchedulerAwaiter(FenceWaitAwaiter awaiter, FencePlace place)
    {
        _awaiter = awaiter;
        _place = place;
    }

    /// <inheritdoc cref="FenceWaitAwaiter.IsCompleted"/>
    public bool IsCompleted => _awaiter.IsCompleted;

    /// <inheritdoc cref="FenceWaitAwaiter.OnCompleted(Action)"/>
    public void OnCompleted(Action continuation) => _awaiter.Arm(continuation, _place, ExecutionContext.Capture());

    /// <inheritdoc cref="FenceWaitAwaiter.UnsafeOnCompleted"/>
    public void UnsafeOnCompleted(Action continuation) => _awaiter.Arm(continuation, _place, executionContext: null);

    /// <inheritdoc cref="FenceWaitAwaiter.GetResult"/>
    public FenceStatus GetResult() => _awaiter.GetResult();
}
