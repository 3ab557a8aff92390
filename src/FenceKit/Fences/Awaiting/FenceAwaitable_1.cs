// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A wait that gives a result: of a <see cref="FenceWaitSet"/> or a lock. It begins at the <c>await</c>; awaiting it twice waits twice.
/// </summary>
/// <typeparam name="TResult">What the wait gives.</typeparam>
/// <remarks>
/// Code after the await runs in the captured context or on the thread pool, never on the stack of whoever ends the wait, unless
/// <see cref="ConfigureAwait(FenceContinuation)"/> says so. Allocates nothing in steady state.
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceAwaitable<TResult>
{
    private readonly IFenceWait<TResult>? _wait; // null: there is nothing to wait for
    private readonly object? _subject;
    private readonly TimeSpan _timeout;
    private readonly FencePlace _place;
    private readonly CancellationToken _cancellationToken;

    internal FenceAwaitable(IFenceWait<TResult> wait, object? subject, TimeSpan timeout, CancellationToken cancellationToken)
        : this(wait, subject, timeout, FencePlace.CapturedContext, cancellationToken)
    {
    }

    private FenceAwaitable(
        IFenceWait<TResult>? wait, object? subject, TimeSpan timeout, FencePlace place, CancellationToken cancellationToken)
    {
        _wait = wait;
        _subject = subject;
        _timeout = timeout;
        _place = place;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Chooses where the code after the <c>await</c> runs.</summary>
    /// <param name="continuation">
    /// The place. Inline means: on whichever thread ends the wait, the signaler's, a timer's or the canceler's; or on the thread pool when
    /// the wait ends while the await is still being set up.
    /// </param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceAwaitable<TResult> ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceAwaitable<TResult>(_wait, _subject, _timeout, continuation, _cancellationToken);
    }

    /// <summary>Begins the wait at once, as a task, for those who combine it with others. Allocates.</summary>
    /// <returns>The task.</returns>
    public Task<TResult> AsTask() => Start().AsTask();

    /// <summary>Makes <c>await</c> work; begins the wait.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceAwaiter<TResult> GetAwaiter() => new(Start(), _place);

    private string DebuggerDisplay => _wait is null ? "complete" : $"waits for {_wait}, {FenceText.Of(_timeout)}";

    private ValueTask<TResult> Start() => _wait is null
        ? default
        : _wait.StartAsync(_subject, _timeout, _place.IsInline ? FenceContinuation.Inline : FenceContinuation.ThreadPool, _cancellationToken);
}
