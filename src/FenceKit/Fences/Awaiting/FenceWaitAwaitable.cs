// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>A wait for a fence with a time limit and a token; see <see cref="Fence.WaitAsync"/>.</summary>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public readonly struct FenceWaitAwaitable
{
    // Four words, as many as the compiler keeps in registers.
    private readonly FenceTimeline? _timeline;
    private readonly ulong _word; // as in FenceWaitAwaiter
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _cancellationToken;

    internal FenceWaitAwaitable(FenceTimeline? timeline, ulong word, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _timeline = timeline;
        _word = word;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Chooses where the code after the <c>await</c> runs.</summary>
    /// <param name="continuation">The place. Inline means: on whichever thread ends the wait, the signaler's, a timer's or the canceler's.</param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceWaitAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceWaitAwaitable(_timeline, (_word & ~TimelineState.Flags) | (ulong)continuation, _timeout, _cancellationToken);
    }

    private string DebuggerDisplay =>
        $"waits for {(_timeline is null ? default : new Fence(_timeline, TimelineState.PointOf(_word)))}, {FenceText.Of(_timeout)}";

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    /// <remarks>
    /// Inlined, and each field goes straight from a register to its place; in a call, all of them go through memory, twice.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FenceWaitAwaiter GetAwaiter()
    {
        long deadline = _timeout == Timeout.InfiniteTimeSpan && !FenceContract.IsChecked
            ? WaitDeadline.Never
            : FenceWaitAwaiter.Begin(_timeline, _word & ~TimelineState.Flags, _timeout);
        return new FenceWaitAwaiter(_timeline, _word, deadline, _cancellationToken);
    }
}
