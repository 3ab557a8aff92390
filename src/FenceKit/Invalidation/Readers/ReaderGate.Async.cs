// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Readers that await inside the gate: each has its own slot, which may be left on any thread.
public sealed partial class ReaderGate
{
    /// <summary>
    /// Enters for a reader that awaits inside. Slower than <see cref="Enter(AddressRange)"/> (two locks), but the reader may leave on
    /// another thread.
    /// </summary>
    /// <param name="range">The range that will be read; within <see cref="Range"/>.</param>
    /// <param name="cancellationToken">Ends the wait while the range is being invalidated.</param>
    /// <param name="holder">The name of the reader for <see cref="CopyHoldouts"/>; the calling member by default.</param>
    /// <returns>The lease; the reader is inside the gate. Await the result once.</returns>
    /// <remarks>Like the other overload, without a time limit.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="InvalidOperationException">
    /// The call would wait for a session that this thread itself has scheduled; see the remarks of the type.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<ReaderLease> EnterAsync(AddressRange range, CancellationToken cancellationToken = default, [CallerMemberName] string holder = "") =>
        EnterAsync(range, Timeout.InfiniteTimeSpan, cancellationToken, holder);

    /// <summary>
    /// Enters within a budget, for a reader that awaits inside. Slower than <see cref="Enter(AddressRange)"/> (two locks), but the reader
    /// may leave on another thread.
    /// </summary>
    /// <param name="range">The range that will be read; within <see cref="Range"/>.</param>
    /// <param name="budget">How long to wait altogether while the range is being invalidated; zero tries once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="holder">The name of the reader for <see cref="CopyHoldouts"/>; the calling member by default.</param>
    /// <returns>The lease; the reader is inside the gate. Await the result once.</returns>
    /// <remarks>
    /// <code>
    /// using (ReaderLease lease = await gate.EnterAsync(range, budget))   // or it throws: the body never runs outside the gate
    ///     await file.WriteAsync(table[index].Memory);
    /// </code>
    /// Leases do not nest: each is a reader of its own. Blocks no thread. Allocates nothing in steady state when it need not wait. To get a
    /// status instead of an exception, use <see cref="TryEnterAsync"/>.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// The call would wait for a session that this thread itself has scheduled; see the remarks of the type.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    /// <exception cref="TimeoutException">The budget is spent: the range is still being invalidated.</exception>
    public ValueTask<ReaderLease> EnterAsync(
        AddressRange range, TimeSpan budget, CancellationToken cancellationToken = default, [CallerMemberName] string holder = "") =>
        TryEnterAtOnce(range, budget, holder, out ReaderLease lease, out Fence blocker)
            ? new ValueTask<ReaderLease>(lease)
            : EnterSlowlyAsync(range, budget, blocker, holder, cancellationToken);

    /// <summary>
    /// Enters without blocking a thread, and returns a status when the time is over, where
    /// <see cref="EnterAsync(AddressRange, TimeSpan, CancellationToken, string)"/> throws.
    /// </summary>
    /// <param name="range">The range that will be read; within <see cref="Range"/>.</param>
    /// <param name="budget">How long to wait altogether while the range is being invalidated; zero tries once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="holder">The name of the reader for <see cref="CopyHoldouts"/>; the calling member by default.</param>
    /// <returns>The result, which contains the lease if the reader is inside. Await it once.</returns>
    /// <remarks>
    /// <code>
    /// ReaderLeaseAttempt attempt = await gate.TryEnterAsync(range, budget);
    /// if (attempt.TryGetLease(out ReaderLease lease))
    ///     using (lease)
    ///         await file.WriteAsync(table[index].Memory);
    /// </code>
    /// Blocks no thread. Allocates nothing in steady state when it need not wait.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// The call would wait for a session that this thread itself has scheduled; see the remarks of the type.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The gate is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<ReaderLeaseAttempt> TryEnterAsync(
        AddressRange range, TimeSpan budget, CancellationToken cancellationToken = default, [CallerMemberName] string holder = "") =>
        TryEnterAtOnce(range, budget, holder, out ReaderLease lease, out Fence blocker)
            ? new ValueTask<ReaderLeaseAttempt>(new ReaderLeaseAttempt(lease))
            : TryEnterSlowlyAsync(range, budget, blocker, holder, cancellationToken);

    private bool TryEnterAtOnce(AddressRange range, TimeSpan budget, string holder, out ReaderLease lease, out Fence blocker)
    {
        Check(range);
        FenceThrow.IfNotATimeout(budget);
        if (FenceContract.IsChecked)
        {
            AnnounceEnterAsync(budget);
        }

        if (TryLease(range, holder, out lease, out blocker))
        {
            return true;
        }

        if (budget != TimeSpan.Zero)
        {
            ThrowIfInsideOwnSession(range, ulong.MaxValue);
        }

        return false;
    }

    private bool TryLease(AddressRange range, string holder, out ReaderLease lease, out Fence blocker)
    {
        ReaderSlot slot = _roster.RentLease(holder);
        bool entered = false;
        blocker = default;
        try
        {
            entered = slot.TryEnterQuickly() || TryEnterAmongActive(slot, range, out blocker);
        }
        finally
        {
            if (!entered)
            {
                _roster.ReturnLease(slot);
            }
        }

        lease = entered ? new ReaderLease(slot) : default;
        return entered;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReaderLease> EnterSlowlyAsync(
        AddressRange range, TimeSpan budget, Fence blocker, string holder, CancellationToken cancellationToken)
    {
        ReaderLeaseAttempt attempt = await TryEnterSlowlyAsync(range, budget, blocker, holder, cancellationToken).ConfigureAwait(false);
        if (!attempt.TryGetLease(out ReaderLease lease))
        {
            ThrowNotInTime(range, budget);
        }

        return lease;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReaderLeaseAttempt> TryEnterSlowlyAsync(
        AddressRange range, TimeSpan budget, Fence blocker, string holder, CancellationToken cancellationToken)
    {
        WaitBudget left = WaitBudget.Start(_notifier.Clock, budget);
        ReaderLease lease;
        do
        {
            FenceStatus status = await blocker.WaitAsync(left.Remaining, cancellationToken).ConfigureAwait(FenceContinuation.ThreadPool);
            if (status == FenceStatus.Pending)
            {
                return default;
            }
        }
        while (!TryLease(range, holder, out lease, out blocker));

        return new ReaderLeaseAttempt(lease);
    }

    [DoesNotReturn]
    private void ThrowNotInTime(AddressRange range, TimeSpan budget) => throw new TimeoutException(
        $"The gate '{Name}' was not entered for {range} within {budget}: the range is still being invalidated.");
}
