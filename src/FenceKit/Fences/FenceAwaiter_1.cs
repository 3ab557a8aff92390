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
    private readonly FenceAwaitNode? _node; // only for a context or a scheduler: the wait itself ends on the thread pool, or inline
    private readonly long _round;

    internal FenceAwaiter(ValueTask<TResult> wait, FencePlace place)
    {
        _wait = wait;
        _place = place;
        if (!wait.IsCompleted && place.TryGetTarget(out _))
        {
            _node = FenceWaiterPools.Shared.RentAwait();
            _round = _node.Round;
        }
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
        if (_node is null)
        {
            _wait.ConfigureAwait(false).GetAwaiter().OnCompleted(continuation);
        }
        else
        {
            Attach(_node, continuation, ExecutionContext.Capture());
        }
    }

    /// <summary>Runs a continuation once the wait is over.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The awaiter has a continuation already.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (_node is null)
        {
            _wait.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
        }
        else
        {
            Attach(_node, continuation, executionContext: null);
        }
    }

    /// <summary>The result of the wait, once. Blocks if the wait is not over; after an <c>await</c> it always is.</summary>
    /// <returns>The result.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    /// <exception cref="InvalidOperationException">The result was taken before.</exception>
    public TResult GetResult()
    {
        _node?.TryTakeOutcome(_round, out _, out _); // back to the pool
        return _wait.IsCompleted ? _wait.GetAwaiter().GetResult() : _wait.AsTask().GetAwaiter().GetResult();
    }

    private string DebuggerDisplay => _wait.IsCompleted ? "complete" : "pending";

    private void Attach(FenceAwaitNode node, Action continuation, ExecutionContext? executionContext)
    {
        if (!node.TryBeginRound(_round))
        {
            throw new InvalidOperationException("The awaiter has a continuation already. Call GetAwaiter again to wait again.");
        }

        node.SetContinuation(continuation, _place, executionContext);
        _wait.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(node.DispatchAction);
    }
}
