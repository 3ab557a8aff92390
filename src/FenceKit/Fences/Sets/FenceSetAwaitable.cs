// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// A wait for several fences; see <see cref="Fence.WaitAnyAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/> and
/// <see cref="Fence.WaitAllAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>. The wait begins at the <c>await</c>. It can be awaited once; a second time throws and disturbs nobody.
/// </summary>
/// <remarks>It is its own awaiter: what compilers need is not to be used by hand.</remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceSetAwaitable : ICriticalNotifyCompletion
{
    // Two words, because it is copied several times on its way to the await.
    //
    //   _state             _word
    //   -----------------  ------------------------------------------------------------------------------
    //   a FenceSetWait     its round, and in the two bits that are 0 in every round, where the continuation runs
    //   an exception       the result of a wait that was over before it began: status and index; the exception
    //   or null            is the fault, or, of one whose time ran out, what to throw because it was canceled
    private readonly object? _state;
    private readonly long _word;

    private const long ResumptionMask = 3;

    internal FenceSetAwaitable(FenceWaitResult result)
    {
        _state = result.Error;
        _word = ((long)result.Index << 32) | (uint)result.Status;
    }

    internal FenceSetAwaitable(FenceSetWait wait)
        : this(wait, wait.Round)
    {
    }

    private FenceSetAwaitable(object wait, long word)
    {
        _state = wait;
        _word = word;
    }

    /// <summary>Chooses where the code after the <c>await</c> runs.</summary>
    /// <param name="continuation">Where it runs. Inline means: on whichever thread ends the wait, the signaler's, a timer's or the canceler's.</param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceSetAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return _state is FenceSetWait wait ? new FenceSetAwaitable(wait, Round | (long)continuation) : this;
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceSetAwaitable GetAwaiter() => this;

    /// <summary>Whether there is nothing to wait for.</summary>
    public bool IsCompleted => _state is not FenceSetWait;

    private long Round => _word & ~ResumptionMask;

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
        long resumption = _word & ResumptionMask;
        return wait.TryStart(Round, (FenceContinuation)resumption, continuation, flowsContext);
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
