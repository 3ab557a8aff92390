// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace FenceKit;

/// <summary>
/// Wraps the wait for a lock while the contract is checked, so that the awaiting method becomes the holder. The validator keeps locks per
/// async flow, and changes to the flow inside an async method are undone when it returns. GetResult runs in the flow of the awaiting method,
/// so it can record the lock there.
/// </summary>
internal sealed class WoundWaitAdoption<TResult> : IValueTaskSource<TResult>
{
    private readonly Action _adopt;
    private readonly ValueTask<TResult> _wait;
    private bool _isTask; // written before the wait ends, read afterwards

    private WoundWaitAdoption(ValueTask<TResult> wait, Action adopt)
    {
        _wait = wait;
        _adopt = adopt;
    }

    /// <param name="wait">The wait, which has already begun.</param>
    /// <param name="adopt">Records the locks as held by the async flow that calls it.</param>
    public static ValueTask<TResult> Of(ValueTask<TResult> wait, Action adopt) => new(new WoundWaitAdoption<TResult>(wait, adopt), 0);

    public ValueTaskSourceStatus GetStatus(short token) =>
        !_wait.IsCompleted ? ValueTaskSourceStatus.Pending
            : _wait.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded
            : _wait.IsCanceled ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // With ValueTask.AsTask, GetResult runs on the thread that ends the wait and not in the flow of the awaiting method.
        _isTask = state is Task<TResult> task && task.GetType().Name.StartsWith("ValueTaskSourceAsTask", StringComparison.Ordinal);
        ConfiguredValueTaskAwaitable<TResult>.ConfiguredValueTaskAwaiter awaiter =
            _wait.ConfigureAwait((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0).GetAwaiter();
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            awaiter.OnCompleted(() => continuation(state));
        }
        else
        {
            awaiter.UnsafeOnCompleted(() => continuation(state));
        }
    }

    public TResult GetResult(short token)
    {
        TResult result = _wait.GetAwaiter().GetResult();
        if (!_isTask && result is (true or WoundWaitOutcome.Acquired)) // after a failed wait the lock belongs to another flow
        {
            _adopt();
        }

        return result;
    }
}
