// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace FenceKit;

/// <summary>
/// An awaitable of several fences; see <see cref="Fence.WaitAnyAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/> and
/// <see cref="Fence.WaitAllAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>. The wait begins at the <c>await</c>. It can be awaited
/// only once; a second <c>await</c> throws, and does no other harm.
/// </summary>
/// <remarks>It is also its own awaiter; the awaiter members are for the compiler.</remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceSetAwaitable : ICriticalNotifyCompletion
{
    // Two words only, because it is copied several times before the await.
    //
    //   _state             _word
    //   -----------------  ------------------------------------------------------------------------------
    //   a FenceSetWait     its round; the two low bits, which are 0 in every round, hold the FenceContinuation
    //   an exception       the result of a wait that had ended before it began: status and index. The exception
    //   or null            is the fault or, if the status is Pending, the OperationCanceledException to throw
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

    /// <summary>Sets where the continuation of the <c>await</c> runs.</summary>
    /// <param name="continuation">
    /// Where the continuation runs. Inline means the thread that ends the wait: the signaler's, a timer's or the canceler's.
    /// </param>
    /// <returns>The awaitable.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceSetAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return _state is FenceSetWait wait ? new FenceSetAwaitable(wait, Round | (long)continuation) : this;
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter, for the compiler.</returns>
    public FenceSetAwaitable GetAwaiter() => this;

    /// <summary>Whether the wait had ended before it began.</summary>
    public bool IsCompleted => _state is not FenceSetWait;

    private long Round => _word & ~ResumptionMask;

    /// <summary>Runs a continuation when the wait has ended, with the caller's execution context.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void OnCompleted(Action continuation) => Arm(continuation, flowsContext: true);

    /// <summary>Runs a continuation when the wait has ended.</summary>
    /// <param name="continuation">The continuation.</param>
    /// <exception cref="ArgumentNullException"><paramref name="continuation"/> is null.</exception>
    public void UnsafeOnCompleted(Action continuation) => Arm(continuation, flowsContext: false);

    /// <summary>Returns the result, and removes the remaining nodes from the timelines. Blocks if the wait has not ended.</summary>
    /// <returns>The result. A fault is part of it, and not thrown.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled before the wait had ended.</exception>
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

        // Called without an await: blocks, as a task's awaiter does.
        return TryStart(continuation: null, flowsContext: false) && wait.TryGetResult(Round, out result) ? result : throw AwaitedTwice();
    }

    private FenceWaitResult Known => new((FenceStatus)(int)_word, (int)(_word >> 32), (Exception?)_state);

    private string DebuggerDisplay => _state is FenceSetWait wait ? wait.Describe() : $"over: {Known.Status}";

    private void Arm(Action continuation, bool flowsContext)
    {
        ArgumentNullException.ThrowIfNull(continuation);
        if (IsCompleted || !TryStart(continuation, flowsContext))
        {
            ResumeToThrow(continuation);
        }
    }

    private bool TryStart(Action? continuation, bool flowsContext)
    {
        FenceSetWait wait = (FenceSetWait)_state!;
        long resumption = _word & ResumptionMask;
        return wait.TryStart(Round, (FenceContinuation)resumption, continuation, flowsContext);
    }

    /// <summary>
    /// Handles a second await. An exception thrown here would end the process, since the state machine is suspended already. So the
    /// continuation is resumed, and <see cref="GetResult"/> throws where the exception can be caught.
    /// </summary>
    private static void ResumeToThrow(Action continuation) =>
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
