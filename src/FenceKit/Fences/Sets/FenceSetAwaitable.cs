// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A wait for several fences; see <see cref="Fence.WaitAnyAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/> and
/// <see cref="Fence.WaitAllAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>. The wait begins at the <c>await</c>. It can be awaited once; a second time throws and disturbs nobody.
/// </summary>
[DebuggerDisplay("{_awaiter}")]
public readonly struct FenceSetAwaitable
{
    private readonly FenceSetAwaiter _awaiter;

    internal FenceSetAwaitable(FenceSetAwaiter awaiter) => _awaiter = awaiter;

    /// <summary>Chooses where the code after the <c>await</c> runs.</summary>
    /// <param name="continuation">The place. Inline means: on whichever thread ends the wait, the signaler's, a timer's or the canceler's.</param>
    /// <returns>Something to await.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="continuation"/> is none of the named values.</exception>
    public FenceSetAwaitable ConfigureAwait(FenceContinuation continuation)
    {
        FenceThrow.IfNotAContinuation(continuation);
        return new FenceSetAwaitable(_awaiter.At(continuation));
    }

    /// <summary>Makes <c>await</c> work.</summary>
    /// <returns>The awaiter; the compiler uses it.</returns>
    public FenceSetAwaiter GetAwaiter() => _awaiter;
}
