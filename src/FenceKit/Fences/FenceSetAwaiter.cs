// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>The awaiter of a wait for several fences. Compilers use it; there is nothing here to be used by hand.</summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceSetAwaiter : ICriticalNotifyCompletion
{
    private readonly FenceSetWait? _wait; // null: there was nothing to wait for
    private readonly long _round;
    private readonly FenceWaitResult _result; // of a wait that was over before it began; with an error, though the time ran out, if canceled
    private readonly FencePlace _place;

    internal FenceSetAwaiter(FenceWaitResult result) => _result = result;

    internal FenceSetAwaiter(FenceSetWait wait)
        : this(wait, wait.Round, FencePlace.CapturedContext)
    {
    }

    private FenceSetAwaiter(FenceSetWait wait, long round, FencePlace place)
    {
        _wait = wait;
        _round = round;
        _place = place;
    }

    /// <summary>Whether there is nothing to wait for.</summary>
    public bool IsCompleted => _wait is null;

    /// <summary>Runs a continuation once the wait is over, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, flowsContext: true);

    /// <summary>Runs a continuation once the wait is over.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation) => Arm(continuation, flowsContext: false);

    /// <summary>How the wait ended; removes what is left of it from the timelines. Blocks if it is not over.</summary>
    /// <returns>The result; a fault is in it, not thrown.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled before the wait was over.</exception>
    /// <exception cref="InvalidOperationException">The result was taken before.</exception>
    public FenceWaitResult GetResult()
    {
        if (_wait is null)
        {
            if (_result.IsTimeout && _result.Error is { } canceled)
            {
                ExceptionDispatchInfo.Throw(canceled);
            }

            return _result;
        }

        if (_wait.TryGetResult(_round, out FenceWaitResult result))
        {
            return result;
        }

        // Asked without an await: as a task's awaiter, it blocks.
        return TryStart(continuation: null, flowsContext: false) && _wait.TryGetResult(_round, out result) ? result : throw AwaitedTwice();
    }

    private string DebuggerDisplay => _wait is null ? $"over: {_result.Status}" : _wait.Describe();

    internal FenceSetAwaiter At(FencePlace place) =>
        _wait is null ? this : new FenceSetAwaiter(_wait, _round, place);

    private void Arm(Action continuation, bool flowsContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (!TryStart(continuation, flowsContext))
        {
            GoOnToThrow(continuation);
        }
    }

    private bool TryStart(Action? continuation, bool flowsContext) =>
        _wait is not null && _wait.TryStart(_round, _place, continuation, flowsContext);

    /// <summary>
    /// Awaited a second time. What throws here would end the process, since the state machine has gone to sleep already; so it wakes,
    /// and <see cref="GetResult"/> throws where it can be caught.
    /// </summary>
    private static void GoOnToThrow(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(static state => state(), continuation, preferLocal: true);

    private static InvalidOperationException AwaitedTwice() =>
        new("A wait for several fences can be awaited once. Call WaitAnyAsync or WaitAllAsync again to wait again.");
}
