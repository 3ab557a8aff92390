// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>Argument checks and throws, kept out of line so that their callers stay small enough to inline.</summary>
internal static class FenceThrow
{
    private const ulong MostTimerTicks = (uint.MaxValue - 1) * TimeSpan.TicksPerMillisecond;

    [DoesNotReturn]
    internal static void CallbackBusy() =>
        throw new InvalidOperationException("The callback is already waiting for a fence. A callback waits for one fence at a time; remove it first.");

    [DoesNotReturn]
    internal static void PointNeverIssued(string timeline, ulong point, ulong issued) =>
        throw new ArgumentOutOfRangeException(nameof(point), point, $"The timeline '{timeline}' has issued points up to {issued} only.");

    [DoesNotReturn]
    internal static void ForeignFence(string timeline, Fence fence) =>
        throw new ArgumentException($"The fence {fence} does not belong to the timeline '{timeline}'.", nameof(fence));

    [DoesNotReturn]
    internal static void UnrelatedFences(Fence fence, Fence other) =>
        throw new ArgumentException($"The fences {fence} and {other} are of different timelines; their order is undefined.", nameof(other));

    [DoesNotReturn]
    internal static void TimelineDisposed(string name) => throw new ObjectDisposedException($"{nameof(FenceTimeline)} '{name}'");

    /// <summary>
    /// Refuses a timeout that is neither <see cref="Timeout.InfiniteTimeSpan"/> nor between zero and 49 days, which is the range of timers.
    /// One unsigned comparison covers both ends.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void IfNotATimeout(TimeSpan timeout, [CallerArgumentExpression(nameof(timeout))] string? name = null)
    {
        if ((ulong)timeout.Ticks > MostTimerTicks && timeout != Timeout.InfiniteTimeSpan)
        {
            NotATimeout(timeout, name);
        }
    }

    /// <summary>
    /// Refuses a time that <see cref="TimeProvider.CreateTimer"/> refuses, from 0xffffffff milliseconds on. For options without an infinite
    /// value.
    /// </summary>
    internal static void IfBeyondTimers(TimeSpan timeout, [CallerArgumentExpression(nameof(timeout))] string? name = null)
    {
        if (timeout.Ticks > (long)MostTimerTicks)
        {
            NotATimeout(timeout, name);
        }
    }

    internal static void IfNotAContinuation(FenceContinuation continuation, [CallerArgumentExpression(nameof(continuation))] string? name = null)
    {
        if (continuation is not (FenceContinuation.CapturedContext or FenceContinuation.ThreadPool or FenceContinuation.Inline))
        {
            throw new ArgumentOutOfRangeException(name, continuation, "Not a target of continuations.");
        }
    }

    internal static void IfEmpty(ReadOnlySpan<Fence> fences)
    {
        if (fences.IsEmpty)
        {
            EmptySet();
        }
    }

    [DoesNotReturn]
    private static void EmptySet() => throw new ArgumentException("A wait for any of no fences would never end.", "fences");

    [DoesNotReturn]
    internal static void PoolDisposed(string name) => throw new ObjectDisposedException($"{nameof(FencePool)} '{name}'");

    [DoesNotReturn]
    private static void NotATimeout(TimeSpan timeout, string? name) =>
        throw new ArgumentOutOfRangeException(name, timeout, "A timeout is zero to 49 days, or Timeout.InfiniteTimeSpan.");
}
