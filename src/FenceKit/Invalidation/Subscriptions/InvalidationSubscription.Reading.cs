// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// The readers' side of the sequence protocol.
public sealed partial class InvalidationSubscription
{
    /// <summary>Begins to build a mapping, if the range is not being invalidated at this moment.</summary>
    /// <param name="range">The range that will be mapped; within <see cref="Range"/>.</param>
    /// <param name="sequence">Passed to <see cref="MustRetry"/> or <see cref="TryPopulate"/> before the mapping is published.</param>
    /// <returns>False when an invalidation of the range is open.</returns>
    /// <remarks>Never blocks, never allocates. Invalidations of other ranges do not matter.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the subscription.</exception>
    /// <exception cref="ObjectDisposedException">The subscription or its notifier is disposed.</exception>
    public bool TryBeginRead(AddressRange range, out InvalidationSequence sequence)
    {
        CheckReadable(range);
        return TryBegin(range, out sequence, out _);
    }

    /// <summary>Begins to build a mapping; waits while the range is being invalidated.</summary>
    /// <param name="range">The range that will be mapped; within <see cref="Range"/>.</param>
    /// <param name="budget">How long to wait altogether; zero tries once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="sequence">Passed to <see cref="MustRetry"/> or <see cref="TryPopulate"/> before the mapping is published.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out.</returns>
    /// <remarks>
    /// Waits only for invalidations that touch the range, never for unrelated ones, and no longer than the budget. The counterpart in Linux
    /// is mmu_interval_read_begin. Blocks the thread; allocates nothing.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the subscription.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// This thread has scheduled an invalidation of the range that is still open, so it would wait for itself. <see cref="ReaderGate"/>
    /// explains which cases are detected.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The subscription or its notifier is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public bool BeginRead(
        AddressRange range, TimeSpan budget, out InvalidationSequence sequence, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        CheckReadable(range);
        if (budget != TimeSpan.Zero)
        {
            FenceContract.WaitForSession(_contract?.Sessions);
        }

        WaitBudget left = default;
        while (true)
        {
            if (TryBegin(range, out sequence, out Fence blocker))
            {
                return true;
            }

            if (budget != TimeSpan.Zero)
            {
                ThrowIfInsideOwnSession(nameof(BeginRead), range);
            }

            left = left.IsStarted ? left : WaitBudget.Start(_clock, budget);
            if (blocker.WaitUnchecked(left.Remaining, cancellationToken) == FenceStatus.Pending)
            {
                return false;
            }
        }
    }

    /// <summary>Like <see cref="BeginRead"/>, but blocks no thread.</summary>
    /// <param name="range">The range that will be mapped; within <see cref="Range"/>.</param>
    /// <param name="budget">How long to wait altogether; zero tries once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The sequence, or null when the time ran out. Await the result once.</returns>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty or not within the subscription.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// This thread has scheduled an invalidation of the range that is still open, so it would wait for itself. <see cref="ReaderGate"/>
    /// explains which cases are detected.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The subscription or its notifier is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<InvalidationSequence?> BeginReadAsync(
        AddressRange range, TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        CheckReadable(range);
        if (budget != TimeSpan.Zero)
        {
            FenceContract.AwaitSession(_contract?.Sessions);
        }

        if (TryBegin(range, out InvalidationSequence sequence, out Fence blocker))
        {
            return new ValueTask<InvalidationSequence?>(sequence);
        }

        if (budget != TimeSpan.Zero)
        {
            ThrowIfInsideOwnSession(nameof(BeginReadAsync), range);
        }

        return BeginReadSlowlyAsync(range, budget, blocker, cancellationToken);
    }

    /// <summary>
    /// Whether an invalidation has touched the range since the sequence was taken. If so, the new mapping must not be published.
    /// </summary>
    /// <param name="sequence">A sequence of this subscription.</param>
    /// <returns>
    /// True: start again from <see cref="BeginRead"/>. False: no invalidation has touched the range up to this moment. That still holds
    /// when the mapping is published only if both happen <b>under a lock that the subscriber also takes in its callback</b>, or inside
    /// <see cref="TryPopulate"/>. Without such a lock it is a hint.
    /// </returns>
    /// <remarks>
    /// Never blocks, never allocates; one load when nothing was invalidated at all, otherwise O(log n) in the number of invalidated ranges.
    /// Invalidations of other ranges do not make the result true, as long as no more ranges than
    /// <see cref="InvalidationNotifierOptions.RememberedInvalidations"/> have been invalidated. True once the subscription is disposed.
    /// With <see cref="InvalidationSubscriptionOptions.MapsThroughSubscription"/>, a result of false counts as a publication, and costs a
    /// lock and a fence. The counterpart in Linux is mmu_interval_read_retry.
    /// </remarks>
    /// <exception cref="ArgumentException">The sequence is empty or of another subscription.</exception>
    public bool MustRetry(InvalidationSequence sequence)
    {
        CheckOwn(sequence);
        if (IsDisposed || _ledger.MustRetry(sequence.Range, sequence.Number))
        {
            return true;
        }

        if (_attempts is null)
        {
            return false;
        }

        // The caller is about to publish. That must be recorded before the last check: see AttemptLog.
        _attempts.NotePublication(sequence.Range);
        return _ledger.MustRetry(sequence.Range, sequence.Number);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<InvalidationSequence?> BeginReadSlowlyAsync(
        AddressRange range, TimeSpan budget, Fence blocker, CancellationToken cancellationToken)
    {
        WaitBudget left = WaitBudget.Start(_clock, budget);
        while (true)
        {
            FenceStatus status = await blocker.WaitAsync(left.Remaining, cancellationToken)
                .ConfigureAwait(FenceContinuation.ThreadPool);
            if (status == FenceStatus.Pending)
            {
                return null;
            }

            if (TryBegin(range, out InvalidationSequence sequence, out blocker))
            {
                return sequence;
            }
        }
    }

    /// <summary>
    /// Takes the number first and checks for the shutdown second; the shutdown sets its flag before it takes a number. So a reader with a
    /// number as new as the shutdown gets an exception, and a reader with an older number starts again when it wants to publish:
    /// </summary>
    /// <remarks>
    /// <code>
    /// reader                                      shutdown
    /// ------                                      --------
    /// number = sequence           (acquire load)  disposed = true      (store)
    /// disposed?                   (load)          sequence = n + 1     (release store, InvalidationLedger.BeginLocked)
    /// </code>
    /// </remarks>
    private bool TryBegin(AddressRange range, out InvalidationSequence sequence, out Fence blocker)
    {
        bool began = _ledger.TryBeginRead(range, out ulong number, out blocker);
        ThrowIfOver();
        sequence = began ? new InvalidationSequence(this, range, number) : default;
        return began;
    }

    /// <summary>Throws, before a wait for an invalidation of the range, when the calling thread itself has to end it.</summary>
    private void ThrowIfInsideOwnSession(string member, AddressRange range)
    {
        if (_ledger.FindHeldHere(range, ulong.MaxValue, InvalidationReason.All) is { } session)
        {
            SelfWait.ThrowInsideSession($"{member} of the subscription '{Name}'", range, session);
        }
    }

    private void ThrowIfOver() => ObjectDisposedException.ThrowIf(IsDisposed || _registry.IsDisposed, this);

    private void CheckReadable(AddressRange range)
    {
        ThrowIfOver();
        AddressRange.IfEmpty(range);
        if (!Range.Contains(range))
        {
            throw new ArgumentOutOfRangeException(nameof(range), range, $"The subscription '{Name}' covers {Range} only.");
        }
    }

    private void CheckOwn(InvalidationSequence sequence)
    {
        if (!ReferenceEquals(sequence.Subscription, this))
        {
            throw new ArgumentException($"The sequence was not taken from the subscription '{Name}'.", nameof(sequence));
        }
    }
}
