// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>The awaiter of a wait for several fences. Compilers use it; there is nothing here to be used by hand.</summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceSetAwaiter : ICriticalNotifyCompletion
{
    // Two words, because it is copied several times on its way to the await.
    //
    //   _state             _word
    //   -----------------  ------------------------------------------------------------------------------
    //   a FenceSetWait     its round, and in the two bits that are 0 in every round, the place
    //   an exception       the result of a wait that was over before it began: status and index; the exception
    //   or null            is the fault, or, of one whose time ran out, what to throw because it was canceled
    private readonly object? _state;
    private readonly long _word;

    private const long PlaceMask = 3;

    internal FenceSetAwaiter(FenceWaitResult result)
    {
        _state = result.Error;
        _word = ((long)result.Index << 32) | (uint)result.Status;
    }

    internal FenceSetAwaiter(FenceSetWait wait)
        : this(wait, wait.Round)
    {
    }

    private FenceSetAwaiter(object wait, long word)
    {
        _state = wait;
        _word = word;
    }

    /// <summary>Whether there is nothing to wait for.</summary>
    public bool IsCompleted => _state is not FenceSetWait;

    private long Round => _word & ~PlaceMask;

    /// <summary>Runs a continuation once the wait is over, with the caller's execution context.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, flowsContext: true);

    /// <summary>Runs a continuation once the wait is over.</summary>
    /// <param name="continuation">What to run.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation)
    {
        long place = _word & PlaceMask;
        if (_state is not FenceSetWait wait
            || continuation is null
            || (place == (long)FenceContinuation.CapturedContext && FencePlace.HasContext)
            || !wait.TryStart(Round, continuation, place == (long)FenceContinuation.Inline))
        {
            Arm(continuation!, flowsContext: false);
        }
    }

    /// <summary>How the wait ended; removes what is left of it from the timelines. Blocks if it is not over.</summary>
    /// <returns>The result; a fault is in it, not thrown.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled before the wait was over.</exception>
    /// <exception cref="InvalidOperationException">The result was taken before.</exception>
    public FenceWaitResult GetResult()
    {
        if (_state is not FenceSetWait wait)
        {
            FenceWaitResult known = Known;
            if (known.IsTimeout && known.Error is { } canceled)
            {
                ExceptionDispatchInfo.Throw(canceled);
            }

            return known;
        }

        if (wait.TryGetResult(Round, out FenceWaitResult result))
        {
            return result;
        }

        // Asked without an await: as a task's awaiter, it blocks.
        return TryStart(continuation: null, flowsContext: false) && wait.TryGetResult(Round, out result) ? result : throw AwaitedTwice();
    }

    private FenceWaitResult Known => new((FenceStatus)(int)_word, (int)(_word >> 32), (Exception?)_state);

    private string DebuggerDisplay => _state is FenceSetWait wait ? wait.Describe() : $"over: {Known.Status}";

    internal FenceSetAwaiter At(FenceContinuation place) =>
        _state is FenceSetWait wait ? new FenceSetAwaiter(wait, Round | (long)place) : this;

    private void Arm(Action continuation, bool flowsContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (IsCompleted || !TryStart(continuation, flowsContext))
        {
            GoOnToThrow(continuation);
        }
    }

    private bool TryStart(Action? continuation, bool flowsContext)
    {
        FenceSetWait wait = (FenceSetWait)_state!;
        long place = _word & PlaceMask;
        return wait.TryStart(Round, (FenceContinuation)place, continuation, flowsContext);
    }

    /// <summary>
    /// Awaited a second time. What throws here would end the process, since the state machine has gone to sleep already; so it wakes,
    /// and <see cref="GetResult"/> throws where it can be caught.
    /// </summary>
    private static void GoOnToThrow(Action continuation) =>
        InterruptShield.Queue(RunGuarded, continuation, preferLocal: true);

    private static void RunGuarded(Action continuation)
    {
        try
        {
            continuation();
        }
        catch (Exception exception)
        {
            FenceTimeline.ReportUserFault("a continuation", exception);
        }
    }

    private static InvalidOperationException AwaitedTwice() =>
        new("A wait for several fences can be awaited once. Call WaitAnyAsync or WaitAllAsync again to wait again.");
}
