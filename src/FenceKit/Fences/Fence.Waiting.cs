// SPDX-License-Identifier: MIT
namespace FenceKit;

// Waiting with a blocked thread.
public readonly partial struct Fence
{
    /// <summary>Blocks until the fence is complete.</summary>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fence.</param>
    /// <returns>The outcome; never <see cref="FenceStatus.Pending"/>.</returns>
    /// <remarks>As <see cref="Wait(TimeSpan, CancellationToken)"/> without a limit.</remarks>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus Wait(CancellationToken cancellationToken = default) => Wait(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Blocks until the fence is complete or the time is over.</summary>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fence. A complete fence wins over a canceled token.</param>
    /// <returns>The outcome, or <see cref="FenceStatus.Pending"/> when the time ran out. Does not throw for a fault.</returns>
    /// <remarks>
    /// Spins for a few microseconds (one, where spinning has not paid before), then blocks the thread. Allocates nothing in steady state. As dma_fence_wait_timeout, but a
    /// fence that signals as the time expires counts as signaled, never as timed out.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        if (FenceContract.IsChecked && timeout != TimeSpan.Zero)
        {
            // Also when it is complete already: the next time it may not be.
            FenceContract.Wait(Timeline?.ContractMap);
        }

        return WaitUnchecked(timeout, cancellationToken);
    }

    /// <summary>The wait itself, for those who have announced it.</summary>
    internal FenceStatus WaitUnchecked(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (IsSignaled)
        {
            return Status;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            // The look above may be older than the cancellation, and the fence may have completed between the two: then it was first.
            if (!IsSignaled)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return Status;
        }

        return timeout == TimeSpan.Zero ? FenceStatus.Pending : BlockingWaiter.Wait(this, Timeline!, timeout, cancellationToken);
    }
}
