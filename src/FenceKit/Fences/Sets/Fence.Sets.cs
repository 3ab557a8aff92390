// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for several fences.
public readonly partial struct Fence
{
    /// <summary>Blocks until one of the fences is complete, or the time has run out.</summary>
    /// <param name="fences">One or more fences, without an upper limit. Duplicates are allowed.</param>
    /// <param name="timeout">The longest time to wait; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait, not the work behind the fences. A complete fence takes precedence over a canceled token.
    /// </param>
    /// <returns>The outcome and the index of the fence that completed first; <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <remarks>
    /// <para>If several fences are complete at the time of the call, the lowest index is returned. Does not throw for a fault.</para>
    /// <para>The timeout covers the whole set, on the clock of the first fence. All waiter nodes are removed from the timelines before the
    /// method returns. The nodes are pooled, so nothing is allocated in steady state. Like the kernel's dma_fence_wait_any_timeout, which
    /// allocates.</para>
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="fences"/> is empty, so the wait would never end.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before a fence completed.</exception>
    public static FenceWaitResult WaitAny(ReadOnlySpan<Fence> fences, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        FenceThrow.IfEmpty(fences);
        if (fences.Length == 1)
        {
            AnnounceWait(fences, timeout);
        }
        else if (timeout != TimeSpan.Zero)
        {
            FenceContract.WaitForAny();
        }

        return TryFindComplete(fences, out FenceWaitResult result)
            ? result
            : WaitForSet(fences, FenceSetMode.Any, result, timeout, cancellationToken);
    }

    /// <summary>Blocks until one of the fences is complete.</summary>
    /// <param name="fences">One or more fences.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>The outcome and the index of the fence that completed first.</returns>
    /// <inheritdoc cref="WaitAny(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceWaitResult WaitAny(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAny(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Blocks until all fences are complete, or the time has run out.</summary>
    /// <param name="fences">Any number of fences; an empty set is complete. Duplicates are allowed.</param>
    /// <param name="timeout">
    /// The longest time to wait, for all fences together; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </param>
    /// <param name="cancellationToken">
    /// Cancels the wait, not the work behind the fences. A complete set takes precedence over a canceled token.
    /// </param>
    /// <returns>
    /// <see cref="FenceStatus.Signaled"/> when all fences signaled; <see cref="FenceStatus.Faulted"/> with the fence that faulted first;
    /// <see cref="FenceStatus.Pending"/> with the first pending fence when the time ran out.
    /// </returns>
    /// <remarks>
    /// Waits for all fences even if one faults. All waiter nodes are added before the thread blocks: so no outcome is lost when a timeline
    /// forgets faults, and a driver is asked at once to enable signaling for all fences. Otherwise like
    /// <see cref="WaitAny(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before all fences completed.</exception>
    public static FenceWaitResult WaitAll(ReadOnlySpan<Fence> fences, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        AnnounceWait(fences, timeout);
        return TryFindAllComplete(fences, out FenceWaitResult result)
            ? result
            : WaitForSet(fences, FenceSetMode.All, result, timeout, cancellationToken);
    }

    /// <summary>Blocks until all fences are complete.</summary>
    /// <param name="fences">Any number of fences.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>
    /// <see cref="FenceStatus.Signaled"/> when all fences signaled; <see cref="FenceStatus.Faulted"/> with the fence that faulted first.
    /// </returns>
    /// <inheritdoc cref="WaitAll(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceWaitResult WaitAll(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAll(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits, without blocking a thread, until one of the fences is complete or the time has run out.</summary>
    /// <param name="fences">One or more fences. They are copied, so the span need not stay valid.</param>
    /// <param name="timeout">The longest time to wait, counted from the <c>await</c>.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>An awaitable for the result. Await it once.</returns>
    /// <remarks>
    /// The asynchronous form of <see cref="WaitAny(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>. The waiter nodes are removed from
    /// the timelines when the continuation starts. The continuation runs where that of an await of one fence runs. Nothing is allocated in
    /// steady state.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="fences"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public static FenceSetAwaitable WaitAnyAsync(
        ReadOnlySpan<Fence> fences, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        FenceThrow.IfEmpty(fences);
        if (FenceContract.IsChecked || timeout == TimeSpan.Zero || cancellationToken.IsCancellationRequested || FindComplete(fences) >= 0)
        {
            return AwaitAnyUnusual(fences, timeout, cancellationToken);
        }

        return new FenceSetAwaitable(FenceSetWait.Rent(fences, FenceSetMode.Any, timeout, cancellationToken));
    }

    /// <summary>Waits, without blocking a thread, until one of the fences is complete.</summary>
    /// <param name="fences">One or more fences.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>An awaitable for the result. Await it once.</returns>
    /// <inheritdoc cref="WaitAnyAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceSetAwaitable WaitAnyAsync(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAnyAsync(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits, without blocking a thread, until all fences are complete or the time has run out.</summary>
    /// <param name="fences">Any number of fences. They are copied, so the span need not stay valid.</param>
    /// <param name="timeout">The longest time to wait, for all fences together, counted from the <c>await</c>.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>An awaitable for the result. Await it once.</returns>
    /// <remarks>
    /// The asynchronous form of <see cref="WaitAll(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>; see also
    /// <see cref="WaitAnyAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public static FenceSetAwaitable WaitAllAsync(
        ReadOnlySpan<Fence> fences, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        AnnounceAwait(fences, timeout);
        bool over = TryFindAllComplete(fences, out FenceWaitResult result) || timeout == TimeSpan.Zero;
        return AwaitSet(fences, FenceSetMode.All, over, result, timeout, cancellationToken);
    }

    /// <summary>Waits, without blocking a thread, until all fences are complete.</summary>
    /// <param name="fences">Any number of fences.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>An awaitable for the result. Await it once.</returns>
    /// <inheritdoc cref="WaitAllAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceSetAwaitable WaitAllAsync(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAllAsync(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// Reduces a set to the fences that need to be waited for. Fences that have succeeded are dropped, and of each timeline only the latest
    /// pending fence is kept, since it completes the others. Failed fences are kept, so that a wait for the rest, or a command that depends
    /// on it, gets their errors.
    /// </summary>
    /// <param name="fences">The set, which is changed in place.</param>
    /// <returns>The number of fences that are left, at the start of the span, in the order in which their timelines first appeared.</returns>
    /// <remarks>
    /// Never blocks, never allocates. The time grows with the number of fences times that of distinct timelines. Waiting for all fences that
    /// are left means waiting for the whole set. The outcome of a pending fence that is dropped for a later one is not part of the result: do
    /// not merge if the outcome of each point matters. Like the kernel's dma_fence_unwrap_merge and dma_fence_dedup_array.
    /// </remarks>
    public static int Merge(Span<Fence> fences)
    {
        int count = 0;
        foreach (Fence fence in fences)
        {
            FenceStatus status = fence.Status;
            if (status == FenceStatus.Signaled)
            {
                continue;
            }

            int same = status == FenceStatus.Pending
                ? IndexOfTimeline(fences[..count], fence.Timeline!)
                : fences[..count].IndexOf(fence);
            if (same < 0)
            {
                fences[count++] = fence;
            }
            else if (fence.Target > fences[same].Target)
            {
                fences[same] = fence;
            }
        }

        return count;
    }

    /// <summary>Finds the entry of a timeline that a later fence may overwrite. A failed entry must stay.</summary>
    private static int IndexOfTimeline(ReadOnlySpan<Fence> fences, FenceTimeline timeline)
    {
        for (int i = 0; i < fences.Length; i++)
        {
            if (ReferenceEquals(fences[i].Timeline, timeline) && fences[i].Status is (FenceStatus.Pending or FenceStatus.Signaled))
            {
                return i;
            }
        }

        return -1;
    }

    internal static bool TryFindComplete(ReadOnlySpan<Fence> fences, out FenceWaitResult result)
    {
        int complete = FindComplete(fences);
        if (complete < 0)
        {
            result = new FenceWaitResult(FenceStatus.Pending, -1);
            return false;
        }

        FenceStatus status = fences[complete].GetStatus(out Exception? error);
        result = new FenceWaitResult(status, complete, error);
        return true;
    }

    /// <summary>Returns the index of the first complete fence; -1 for none.</summary>
    private static int FindComplete(ReadOnlySpan<Fence> fences)
    {
        for (int i = 0; i < fences.Length; i++)
        {
            if (fences[i].IsSignaled)
            {
                return i;
            }
        }

        return -1;
    }

    internal static bool TryFindAllComplete(ReadOnlySpan<Fence> fences, out FenceWaitResult result)
    {
        result = new FenceWaitResult(FenceStatus.Signaled, -1);
        for (int i = 0; i < fences.Length; i++)
        {
            switch (fences[i].GetStatus(out Exception? error))
            {
                case FenceStatus.Pending:
                    result = new FenceWaitResult(FenceStatus.Pending, i);
                    return false;
                case FenceStatus.Faulted when result.Status != FenceStatus.Faulted:
                    result = new FenceWaitResult(FenceStatus.Faulted, i, error);
                    break;
                case FenceStatus.Retired when result.Status == FenceStatus.Signaled:
                    result = new FenceWaitResult(FenceStatus.Retired, -1);
                    break;
            }
        }

        return true;
    }

    /// <summary>Reports a wait for all fences to the validator. A wait for any of several adds no order, and is reported by WaitForAny.</summary>
    private static void AnnounceWait(ReadOnlySpan<Fence> fences, TimeSpan timeout)
    {
        if (FenceContract.IsChecked && timeout != TimeSpan.Zero)
        {
            foreach (Fence fence in fences)
            {
                FenceContract.Wait(fence.Timeline?.ContractMap);
            }
        }
    }

    private static void AnnounceAwait(ReadOnlySpan<Fence> fences, TimeSpan timeout)
    {
        if (FenceContract.IsChecked && timeout != TimeSpan.Zero)
        {
            foreach (Fence fence in fences)
            {
                FenceContract.Await(fence.Timeline?.ContractMap);
            }
        }
    }

    private static FenceWaitResult WaitForSet(
        ReadOnlySpan<Fence> fences, FenceSetMode mode, FenceWaitResult pending, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            if (TryFind(fences, mode, out FenceWaitResult result))
            {
                return result;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        return timeout == TimeSpan.Zero ? pending : FenceSetWait.Rent(fences, mode, timeout, cancellationToken).Wait();
    }

    /// <summary>The uncommon cases: the wait is reported to the validator, or may have its result already.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static FenceSetAwaitable AwaitAnyUnusual(ReadOnlySpan<Fence> fences, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (fences.Length == 1)
        {
            AnnounceAwait(fences, timeout);
        }
        else if (timeout != TimeSpan.Zero)
        {
            FenceContract.AwaitAny();
        }

        bool over = TryFindComplete(fences, out FenceWaitResult result) || timeout == TimeSpan.Zero;
        return AwaitSet(fences, FenceSetMode.Any, over, result, timeout, cancellationToken);
    }

    private static FenceSetAwaitable AwaitSet(
        ReadOnlySpan<Fence> fences, FenceSetMode mode, bool over, FenceWaitResult result, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!over && cancellationToken.IsCancellationRequested)
        {
            TryFind(fences, mode, out result);
            over = true;
        }

        if (!over)
        {
            return new FenceSetAwaitable(FenceSetWait.Rent(fences, mode, timeout, cancellationToken));
        }

        return result.IsTimeout && cancellationToken.IsCancellationRequested
            ? new FenceSetAwaitable(
                new FenceWaitResult(result.Status, result.Index, new OperationCanceledException(cancellationToken)))
            : new FenceSetAwaitable(result);
    }

    /// <summary>
    /// Checks the fences again after the token was found canceled: a fence may have completed after the last check and before the
    /// cancellation.
    /// </summary>
    private static bool TryFind(ReadOnlySpan<Fence> fences, FenceSetMode mode, out FenceWaitResult result) =>
        mode == FenceSetMode.Any ? TryFindComplete(fences, out result) : TryFindAllComplete(fences, out result);
}
