// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for several fences at once.
public readonly partial struct Fence
{
    /// <summary>Blocks until one of the fences is complete, or the time is over.</summary>
    /// <param name="fences">One or more; there is no upper limit. The same fence may stand in it twice.</param>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences. A complete fence wins over a canceled token.</param>
    /// <returns>The outcome and the position of the fence that completed first; <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <remarks>
    /// <para>If several are complete at the call, the one with the lowest position wins. Does not throw for a fault.</para>
    /// <para>One timeout covers the whole set, on the clock of the first fence. Nothing stays behind in any timeline when it returns.
    /// Nothing is allocated in steady state: the nodes are pooled. As dma_fence_wait_any_timeout, which allocates.</para>
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="fences"/> is empty: nothing would ever end the wait.</exception>
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
    /// <param name="fences">One or more.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>The outcome and the position of the fence that completed first.</returns>
    /// <inheritdoc cref="WaitAny(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceWaitResult WaitAny(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAny(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Blocks until all fences are complete, or the time is over.</summary>
    /// <param name="fences">Any number; none is complete at once. The same fence may stand in it twice.</param>
    /// <param name="timeout">How long at most for all together; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences. A complete set wins over a canceled token.</param>
    /// <returns>
    /// <see cref="FenceStatus.Signaled"/> when all are; <see cref="FenceStatus.Faulted"/> with the fence that faulted first;
    /// <see cref="FenceStatus.Pending"/> with the first that is pending when the time ran out.
    /// </returns>
    /// <remarks>
    /// Waits for all also when one faults: a waiter for all needs all to be over. All nodes are in place before it blocks, so a
    /// timeline that forgets faults does not forget these, and a lazy driver is armed for all at once. Otherwise as
    /// <see cref="WaitAny(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before all completed.</exception>
    public static FenceWaitResult WaitAll(ReadOnlySpan<Fence> fences, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        AnnounceWait(fences, timeout);
        return TryFindAllComplete(fences, out FenceWaitResult result)
            ? result
            : WaitForSet(fences, FenceSetMode.All, result, timeout, cancellationToken);
    }

    /// <summary>Blocks until all fences are complete.</summary>
    /// <param name="fences">Any number.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns><see cref="FenceStatus.Signaled"/> when all are; <see cref="FenceStatus.Faulted"/> with the fence that faulted first.</returns>
    /// <inheritdoc cref="WaitAll(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceWaitResult WaitAll(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAll(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits, without a thread, until one of the fences is complete or the time is over.</summary>
    /// <param name="fences">One or more; copied, so the span may go away before the <c>await</c>.</param>
    /// <param name="timeout">How long at most, from the <c>await</c> on.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>Something to await, once.</returns>
    /// <remarks>
    /// As <see cref="WaitAny(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>; the nodes leave the timelines when the code after the
    /// <c>await</c> goes on. That code runs as after the await of one fence. Nothing is allocated in steady state.
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

    /// <summary>Waits, without a thread, until one of the fences is complete.</summary>
    /// <param name="fences">One or more.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>Something to await, once.</returns>
    /// <inheritdoc cref="WaitAnyAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceSetAwaitable WaitAnyAsync(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAnyAsync(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits, without a thread, until all fences are complete or the time is over.</summary>
    /// <param name="fences">Any number; copied, so the span may go away before the <c>await</c>.</param>
    /// <param name="timeout">How long at most for all together, from the <c>await</c> on.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>Something to await, once.</returns>
    /// <remarks>
    /// As <see cref="WaitAll(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/> and
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

    /// <summary>Waits, without a thread, until all fences are complete.</summary>
    /// <param name="fences">Any number.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>Something to await, once.</returns>
    /// <inheritdoc cref="WaitAllAsync(ReadOnlySpan{Fence}, TimeSpan, CancellationToken)"/>
    public static FenceSetAwaitable WaitAllAsync(ReadOnlySpan<Fence> fences, CancellationToken cancellationToken = default) =>
        WaitAllAsync(fences, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// Reduces a set to what is worth waiting for: fences that have signaled are dropped, and of each timeline only the latest that is pending
    /// stays, since it completes the others. What failed stays: a wait for all of the rest, or a command that depends on it, has to hear of it.
    /// </summary>
    /// <param name="fences">The set; it is overwritten.</param>
    /// <returns>How many are left, at the front, in the order in which their timelines first appeared.</returns>
    /// <remarks>
    /// Never blocks, never allocates; time grows with fences times distinct timelines. Waiting for all of what is left is waiting for
    /// all. A pending fence that gives way to a later one of its timeline keeps its own outcome: a caller who needs that of each point, and not only
    /// that of the last, does not merge. As dma_fence_unwrap_merge and dma_fence_dedup_array.
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

    /// <summary>The entry that a later fence of the timeline may take: not one that failed, which has to stay.</summary>
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

    /// <summary>The position of the first that is complete; -1 for none.</summary>
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

    /// <summary>Any of several is no order: each of them may be the one that does not come.</summary>
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

    /// <summary>The validator hears of it, or there may be nothing to wait for.</summary>
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

    /// <summary>Looks once more when the token is canceled: the look before may be older than that, and what completed between was first.</summary>
    private static bool TryFind(ReadOnlySpan<Fence> fences, FenceSetMode mode, out FenceWaitResult result) =>
        mode == FenceSetMode.Any ? TryFindComplete(fences, out result) : TryFindAllComplete(fences, out result);
}
