// SPDX-License-Identifier: MIT
namespace FenceKit;

// Waiting without blocking a thread.
public readonly partial struct Fence
{
    /// <summary>Makes <c>await fence</c> work.</summary>
    /// <returns>The awaiter, for the compiler.</returns>
    /// <remarks>
    /// The await throws the error of a faulted fence, and <see cref="FenceRetiredException"/> if the outcome of the fence is no longer known,
    /// since it may have failed. Otherwise its result is <see cref="FenceStatus.Signaled"/>. Any number of awaits may wait for the same
    /// fence. The continuation runs in the captured context or on the thread pool, never on the signaler's stack; see
    /// <see cref="ConfigureAwait(FenceContinuation)"/>. Waiter nodes are pooled, so nothing is allocated in steady state.
    /// </remarks>
    public FenceAwaitable GetAwaiter() => new FenceAwaitable(this, FenceContinuation.CapturedContext).GetAwaiter();

    /// <summary>Sets where the continuation of the <c>await</c> runs.</summary>
    /// <param name="continuation">Where the continuation runs.</param>
    /// <returns>The awaitable.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceAwaitable(this, continuation);
    }

    /// <summary>Waits, without blocking a thread, until the fence is complete or the time has run out.</summary>
    /// <param name="timeout">The longest time to wait; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait, not the work behind the fence. A complete fence takes precedence over a canceled token.
    /// </param>
    /// <returns>
    /// An awaitable for the outcome, or for <see cref="FenceStatus.Pending"/> when the time ran out. The await does not throw for a fault.
    /// The time counts from this call. Awaiting it a second time waits again, until the same deadline.
    /// </returns>
    /// <remarks>
    /// The asynchronous form of <see cref="Wait(TimeSpan, CancellationToken)"/>. Waiter nodes and timers are pooled, so nothing is allocated
    /// in steady state. A fence that signals while the time expires counts as signaled. The await throws
    /// <see cref="OperationCanceledException"/> when the token was canceled first.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public FenceWaitAwaitable WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        return FenceWaitAwaitable.Begin(Timeline, Target, timeout, cancellationToken);
    }
}
