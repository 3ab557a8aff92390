// SPDX-License-Identifier: MIT
namespace FenceKit;

// Waiting by blocking the thread.
public readonly partial struct Fence
{
    /// <summary>Blocks until the fence is complete.</summary>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fence.</param>
    /// <returns>The outcome; never <see cref="FenceStatus.Pending"/>.</returns>
    /// <remarks>Like <see cref="Wait(TimeSpan, CancellationToken)"/> without a time limit.</remarks>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus Wait(CancellationToken cancellationToken = default) => Wait(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Blocks until the fence is complete or the time has run out.</summary>
    /// <param name="timeout">The longest time to wait; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait, not the work behind the fence. A complete fence takes precedence over a canceled token.
    /// </param>
    /// <returns>The outcome, or <see cref="FenceStatus.Pending"/> when the time ran out. Does not throw for a fault.</returns>
    /// <remarks>
    /// Spins for a few microseconds (or one, if spinning has not paid off before), then blocks the thread. Allocates nothing in steady state.
    /// Like the kernel's dma_fence_wait_timeout, but a fence that signals while the time expires counts as signaled.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before the fence completed.</exception>
    public FenceStatus Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        if (FenceContract.IsChecked && timeout != TimeSpan.Zero)
        {
            // Reported even if the fence is complete: the next time it may not be.
            FenceContract.Wait(Timeline?.ContractMap);
        }

        return WaitUnchecked(timeout, cancellationToken);
    }

    /// <summary>Waits without a report to the validator.</summary>
    internal FenceStatus WaitUnchecked(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (IsSignaled)
        {
            return Status;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            // The fence may have completed after the check above and before the cancellation, so it is checked again.
            if (!IsSignaled)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return Status;
        }

        return timeout == TimeSpan.Zero ? FenceStatus.Pending : BlockingWaiter.Wait(this, Timeline!, timeout, cancellationToken);
    }
}
