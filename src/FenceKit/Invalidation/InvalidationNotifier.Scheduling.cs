// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit;

// Phase A, and all three phases in one call.
public sealed partial class InvalidationNotifier
{
    /// <summary>The innermost session whose callbacks run on this thread, of whichever notifier; others hang on its Outer.</summary>
    [ThreadStatic]
    private static InvalidationSessionState? t_scheduling;

    /// <summary>Phase A: tells every subscriber of a range to let go of it, and closes the range to readers until the session ends.</summary>
    /// <param name="range">What is going away.</param>
    /// <param name="reason">Why.</param>
    /// <param name="session">The session, to be waited for and ended. <c>default</c> when the result is false.</param>
    /// <returns>
    /// False when a subscriber could not start without blocking. The schedule is undone as a whole: the range is open again, there is no
    /// session to end. Subscribers that were called before the refusal have let go, which is never wrong; try again later.
    /// </returns>
    /// <remarks>
    /// Does not wait. Allocates nothing in steady state; a session that meets more subscribers than any before it grows once.
    /// Takes O(log n + k) for k of n subscribers. Subscribers run on this thread, by rising start of their ranges, under no lock.
    /// The proposal of June 2020 calls it phase A; it is invalidate_range_start without its waits.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(AddressRange range, InvalidationReason reason, out InvalidationSession session) =>
        TrySchedule(range, reason, out session, out _);

    /// <summary>Phase A, and who refused.</summary>
    /// <param name="range">What is going away.</param>
    /// <param name="reason">Why.</param>
    /// <param name="session">The session, to be waited for and ended. <c>default</c> when the result is false.</param>
    /// <param name="refusedBy">The subscription that could not start without blocking; null when the result is true.</param>
    /// <returns>False when a subscriber could not start without blocking.</returns>
    /// <remarks>As <see cref="TrySchedule(AddressRange, InvalidationReason, out InvalidationSession)"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(
        AddressRange range, InvalidationReason reason, out InvalidationSession session, out InvalidationSubscription? refusedBy)
    {
        AddressRange.IfEmpty(range);
        return TrySchedule([range], reason, initiator: null, out session, out refusedBy);
    }

    /// <summary>Phase A, by somebody who is a subscriber himself.</summary>
    /// <param name="range">What is going away.</param>
    /// <param name="reason">Why.</param>
    /// <param name="initiator">
    /// Who asks for it. Subscriptions of the same <see cref="InvalidationSubscriptionOptions.Owner"/> are passed over if the reason is
    /// <see cref="InvalidationReason.Migrate"/> or <see cref="InvalidationReason.Exclusive"/>, and told otherwise.
    /// </param>
    /// <param name="session">The session, to be waited for and ended. <c>default</c> when the result is false.</param>
    /// <param name="refusedBy">The subscription that could not start without blocking; null when the result is true.</param>
    /// <returns>False when a subscriber could not start without blocking.</returns>
    /// <remarks>As <see cref="TrySchedule(AddressRange, InvalidationReason, out InvalidationSession)"/>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="initiator"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(
        AddressRange range, InvalidationReason reason, object initiator, out InvalidationSession session, out InvalidationSubscription? refusedBy)
    {
        AddressRange.IfEmpty(range);
        ArgumentNullException.ThrowIfNull(initiator);
        return TrySchedule([range], reason, initiator, out session, out refusedBy);
    }

    /// <summary>Makes a batch: many ranges in one session, with one wait and one barrier.</summary>
    /// <param name="coveringThreshold">
    /// With more ranges than this, after merging, the batch invalidates one range that covers them all. At least 1.
    /// </param>
    /// <returns>The batch, empty; it can be used again and again.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="coveringThreshold"/> is less than 1.</exception>
    public InvalidationBatch CreateBatch(int coveringThreshold = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(coveringThreshold, 1);
        return new InvalidationBatch(this, coveringThreshold);
    }

    /// <summary>Phase A of ranges that are sorted and have a gap between any two.</summary>
    internal bool TryScheduleMerged(ReadOnlySpan<AddressRange> ranges, InvalidationReason reason, out InvalidationSession session) =>
        TrySchedule(ranges, reason, initiator: null, out session, out _);

    private bool TrySchedule(
        ReadOnlySpan<AddressRange> ranges,
        InvalidationReason reason,
        object? initiator,
        out InvalidationSession session,
        out InvalidationSubscription? refusedBy)
    {
        if (reason is < InvalidationReason.Unmap or > InvalidationReason.Release)
        {
            throw new ArgumentOutOfRangeException(nameof(reason), reason, "Not a reason.");
        }

        FenceContract.MightSchedule();
        InvalidationSessionState state = _sessions.GetShielded();
        if (!TryBegin(state, ranges, reason, isRelease: false, out IntervalIndex<InvalidationSubscription>? index))
        {
            ThrowDisposed();
        }

        state.Outer = t_scheduling;
        t_scheduling = state;
        bool scheduled = false;
        try
        {
            scheduled = TryCallAll(state, index, reason, initiator, out refusedBy);
            if (scheduled)
            {
                state.ScanReaders(close: false);
            }
        }
        finally
        {
            // One unwind for all kinds of subscribers, and for the one thing that can throw here, running out of memory.
            t_scheduling = state.Outer;
            state.Outer = null;
            session = scheduled ? state.OpenUp() : state.Refuse();
        }

        return scheduled;
    }

    /// <summary>All three phases in one call, for those who start with FenceKit.</summary>
    /// <param name="range">What is going away.</param>
    /// <param name="reason">Why.</param>
    /// <param name="state">Handed to <paramref name="unmap"/>.</param>
    /// <param name="unmap">
    /// Phase B: the owner's own work, while the subscribers let go. It may unmap; it must not map anything new into the range, nor give
    /// the memory to somebody else: that comes after the result is <see cref="InvalidationOutcome.Completed"/>.
    /// </param>
    /// <param name="budget">How long to wait altogether, refusals included; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait; the session then backs off.</param>
    /// <returns>
    /// Completed: nobody uses the range any more. Pending or Faulted: the invalidation was backed off, the range still belongs to its
    /// users; when subscribers kept refusing until the time ran out, <paramref name="unmap"/> was not called.
    /// </returns>
    /// <remarks>Blocks the thread for as long as the slowest subscriber takes. When unmap throws, it backs off and throws.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="unmap"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or the reason is unknown.</exception>
    /// <exception cref="InvalidOperationException">
    /// This thread is inside a <see cref="ReaderGate"/> whose readers would be waited for: it would wait for itself. Nothing has happened then.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public InvalidationOutcome Invalidate<TState>(
        AddressRange range,
        InvalidationReason reason,
        TState state,
        Action<TState, AddressRange> unmap,
        TimeSpan budget,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unmap);
        FenceThrow.IfNotATimeout(budget);
        WaitBudget left = WaitBudget.Start(_clock, budget);
        SpinWait spin = default;
        InvalidationSession session;
        while (!TrySchedule(range, reason, out session))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (left.Remaining == TimeSpan.Zero)
            {
                return InvalidationOutcome.Pending;
            }

            spin.SpinOnce();
        }

        using (session)
        {
            session.StayOnThread();
            if (budget != TimeSpan.Zero)
            {
                session.ThrowIfWaitingForThisThread(); // now, not when unmap has done its work
            }

            using FenceContractScope held = session.BeginSignaling(file: null, line: 0);
            unmap(state, range);
            InvalidationOutcome outcome = session.Wait(left.Remaining, cancellationToken);
            if (outcome == InvalidationOutcome.Completed)
            {
                session.Commit();
            }

            return outcome;
        }
    }

    /// <summary>All three phases in one call, without a limit of time.</summary>
    /// <param name="range">What is going away.</param>
    /// <param name="reason">Why.</param>
    /// <param name="unmap">Phase B: the owner's own work, while the subscribers let go.</param>
    /// <returns>Completed or Faulted.</returns>
    /// <remarks>As the other overload. A subscriber that never lets go keeps the caller for ever: give a budget if you can.</remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="unmap"/> is null.</exception>
    /// <exception cref="InvalidOperationException">As the other overload.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public InvalidationOutcome Invalidate(AddressRange range, InvalidationReason reason, Action<AddressRange> unmap)
    {
        ArgumentNullException.ThrowIfNull(unmap);
        return Invalidate(range, reason, unmap, static (unmap, range) => unmap(range), Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// Closes the ranges to readers, and takes the subscribers as they are at that moment; with a release, for the last time. False, and
    /// the state is back in its pool, when the notifier is disposed.
    /// </summary>
    private bool TryBegin(
        InvalidationSessionState state, ReadOnlySpan<AddressRange> ranges, InvalidationReason reason, bool isRelease, out IntervalIndex<InvalidationSubscription>? index)
    {
        index = null;
        state.BeginScheduling();
        state.SetRanges(ranges, reason);
        _ledger.Gate.EnterShielded();
        try
        {
            if (_disposed)
            {
                state.CancelScheduling();
                return false;
            }

            if (isRelease)
            {
                Volatile.Write(ref _disposed, true);
            }

            _ledger.BeginLocked(state);
            _counters.Begun++;
            index = _index;
        }
        finally
        {
            _ledger.Gate.Exit();
        }

        // The new sequence must be visible before we look whether anybody is publishing, or has; leaving a lock is only a release.
        // Pairs with the increment in InvalidationSubscription.TryPopulate and the fence in AttemptLog.NotePublication.
        Interlocked.MemoryBarrier();
        return true;
    }

    private bool IsSchedulingOnThisThread
    {
        get
        {
            for (InvalidationSessionState? state = t_scheduling; state is not null; state = state.Outer)
            {
                if (state.IsOf(_ledger))
                {
                    return true;
                }
            }

            return false;
        }
    }

    [DoesNotReturn]
    private void ThrowDisposed() => throw new ObjectDisposedException($"{nameof(InvalidationNotifier)} '{Name}'");

    private static bool TryCallAll(
        InvalidationSessionState state,
        IntervalIndex<InvalidationSubscription>? index,
        InvalidationReason reason,
        object? initiator,
        out InvalidationSubscription? refusedBy)
    {
        foreach (AddressRange range in state.Ranges)
        {
            Scheduler scheduler = new(state, range, reason, initiator);
            if (!IntervalIndex<InvalidationSubscription>.Visit(index, range, ref scheduler))
            {
                refusedBy = scheduler.RefusedBy;
                return false;
            }
        }

        return state.SchedulePutOff(reason, mayRefuse: true, out refusedBy);
    }

    private struct Scheduler(InvalidationSessionState state, AddressRange range, InvalidationReason reason, object? initiator)
        : IIntervalVisitor<InvalidationSubscription>
    {
        internal InvalidationSubscription? RefusedBy { get; private set; }

        public bool Visit(InvalidationSubscription item)
        {
            if (!item.WantsToKnow(reason, initiator))
            {
                return true;
            }

            if (item.After is not null)
            {
                state.PutOff(item, range);
                return true;
            }

            if (state.Schedule(item, range, reason))
            {
                return true;
            }

            RefusedBy = item;
            return false;
        }
    }
}
