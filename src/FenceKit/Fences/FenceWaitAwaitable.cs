// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>A wait for a fence with a time limit and a token; see <see cref="Fence.WaitAsync"/>.</summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceWaitAwaitable
{
    private readonly Fence _fence;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;
    private readonly FencePlace _place;

    internal FenceWaitAwaitable(Fence fence, TimeSpan timeout, FencePlace place, CancellationToken cancellationToken)
    {
        _fence = fence;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        _place = place;
    }

    /// <summary>Chooses where the code after the <c>await</c> runs.</summary>
    /// <param name="continuation">The place. Inline means: on whichever thread ends the wait, the signaler's, a timer's or the canceler's.</param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceWaitAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceWaitAwaitable(_fence, _timeout, continuation, _cancellationToken);
    }

    /// <summary>Has the code after the <c>await</c> run on a scheduler.</summary>
    /// <param name="scheduler">The scheduler.</param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="scheduler"/> is null.</exception>
    public FenceWaitAwaitable ConfigureAwait(TaskScheduler scheduler)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        return new FenceWaitAwaitable(_fence, _timeout, FencePlace.On(scheduler), _cancellationToken);
    }

    private string DebuggerDisplay => $"waits for {_fence}, {FenceText.Of(_timeout)}";

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceWaitAwaiter GetAwaiter() => new(_fence, _timeout, _place, _cancellationToken);
}
