// SPDX-License-Identifier: MIT
namespace FenceKit;

// Waiting without a thread.
public readonly partial struct Fence
{
    /// <summary>Makes <c>await fence</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    /// <remarks>
    /// The await throws the fault of a faulted fence, and <see cref="FenceRetiredException"/> for one that was complete long before and whose
    /// outcome is forgotten: it may have failed. Otherwise its value is <see cref="FenceStatus.Signaled"/>. Any number of awaits may wait for one
    /// fence.
    /// Code after the await runs in the captured context or on the thread pool, never on the signaler's stack; see
    /// <see cref="ConfigureAwait(FenceContinuation)"/>. Nodes are pooled: nothing is allocated in steady state.
    /// </remarks>
    public FenceAwaitable GetAwaiter() => new FenceAwaitable(this, FenceContinuation.CapturedContext).GetAwaiter();

    /// <summary>Chooses where the code after the <c>await</c> runs.</summary>
    /// <param name="continuation">Where it runs.</param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceAwaitable(this, continuation);
    }

    /// <summary>Waits, without a thread, until the fence is complete or the time is over.</summary>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fence. A complete fence wins over a canceled token.</param>
    /// <returns>
    /// Something to await: gives the outcome, or <see cref="FenceStatus.Pending"/> when the time ran out. Does not throw for a fault.
    /// The time counts from the call. Awaiting it twice waits twice, for the same time.
    /// </returns>
    /// <remarks>
    /// As <see cref="Wait(TimeSpan, CancellationToken)"/>, with a task's continuation in place of a blocked thread. Nodes and timers
    /// are pooled: nothing is allocated in steady state. A fence that signals as the time expires counts as signaled.
    /// The await throws <see cref="OperationCanceledException"/> when the token was canceled first.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public FenceWaitAwaitable WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        return FenceWaitAwaitable.Begin(Timeline, Target, timeout, cancellationToken);
    }
}
