// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace FenceKit;

/// <summary>
/// An awaited lock with the contract checked: the method that awaits holds it. What an asynchronous method says to be held ends when it returns, but the result of
/// its wait is taken as a part of the method that awaits, and so belongs to that method's flow.
/// </summary>
internal sealed class WoundWaitAdoption<TResult> : IValueTaskSource<TResult>
{
    private readonly Action _adopt;
    private readonly ValueTask<TResult> _wait;
    private bool _isTask; // written before the wait ends, read after

    private WoundWaitAdoption(ValueTask<TResult> wait, Action adopt)
    {
        _wait = wait;
        _adopt = adopt;
    }

    /// <param name="wait">The wait, which has begun.</param>
    /// <param name="adopt">Says what the flow that it is called in holds now.</param>
    public static ValueTask<TResult> Of(ValueTask<TResult> wait, Action adopt) => new(new WoundWaitAdoption<TResult>(wait, adopt), 0);

    public ValueTaskSourceStatus GetStatus(short token) =>
        !_wait.IsCompleted ? ValueTaskSourceStatus.Pending
            : _wait.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded
            : _wait.IsCanceled ? ValueTaskSourceStatus.Canceled : ValueTaskSourceStatus.Faulted;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // A task that somebody made of the wait asks on whichever thread ends it, in nobody's flow.
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
        if (!_isTask && result is (true or WoundWaitOutcome.Acquired)) // a flow that gave up must not take over the hold of the one that has the lock
        {
            _adopt();
        }

        return result;
    }
}
