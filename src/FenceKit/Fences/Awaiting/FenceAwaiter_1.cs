// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>The awaiter of a <see cref="FenceAwaitable{TResult}"/>. Compilers use it; there is nothing here to be used by hand.</summary>
/// <typeparam name="TResult">What the wait gives.</typeparam>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceAwaiter<TResult> : ICriticalNotifyCompletion
{
    private readonly ValueTask<TResult> _wait;
    private readonly FencePlace _place;

    internal FenceAwaiter(ValueTask<TResult> wait, FencePlace place)
    {
        _wait = wait;
        _place = place;
    }

    /// <summary>Whether there is nothing to wait for.</summary>
    public bool IsCompleted => _wait.IsCompleted;

    /// <summary>Runs a continuation once the wait is over, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The awaiter has a continuation already.</exception>
    public void OnCompleted(Action continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (_place.TryGetTarget(out object? context))
        {
            Attach(continuation, context, ExecutionContext.Capture());
        }
        else
        {
            _wait.ConfigureAwait(false).GetAwaiter().OnCompleted(continuation);
        }
    }

    /// <summary>Runs a continuation once the wait is over.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The awaiter has a continuation already.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (_place.TryGetTarget(out object? context))
        {
            Attach(continuation, context, executionContext: null);
        }
        else
        {
            _wait.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
        }
    }

    /// <summary>The result of the wait, once. Blocks if the wait is not over; after an <c>await</c> it always is.</summary>
    /// <returns>The result.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    /// <exception cref="InvalidOperationException">The result was taken before.</exception>
    public TResult GetResult() => _wait.IsCompleted ? _wait.GetAwaiter().GetResult() : _wait.AsTask().GetAwaiter().GetResult();

    private string DebuggerDisplay => _wait.IsCompleted ? "complete" : "pending";

    /// <summary>The wait itself ends on the thread pool, or inline; a node takes the continuation from there to its context.</summary>
    private void Attach(Action continuation, object context, ExecutionContext? executionContext)
    {
        FenceAwaitNode node = FenceWaiterPools.Shared.RentAwait();
        node.SetContinuation(continuation, isInline: false, context, executionContext);
        _wait.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(node.DispatchAction);
    }
}
