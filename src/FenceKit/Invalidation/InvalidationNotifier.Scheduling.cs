// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Phase A.
public sealed partial class InvalidationNotifier
{
    /// <summary>Phase A: tells every subscriber of a range to let go of it, and closes the range to readers until the session ends.</summary>
    /// <param name="range">The range that is going away.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="session">The session, which the caller waits for and ends. <c>default</c> when the result is false.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// False when a subscriber could not start without blocking. The whole schedule is undone: the range is open again, and there is no
    /// session to end. Subscribers that were called before the refusal have let go, which is always allowed; try again later.
    /// </returns>
    /// <remarks>
    /// Does not wait. Allocates nothing in steady state; a session that meets more subscribers than any before it grows once. Takes O(log n
    /// + k) for k of n subscribers. Subscribers run on this thread, by rising start of their ranges, under no lock. In the Linux proposal
    /// of June 2020 this is phase A: invalidate_range_start without its waits.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(
        AddressRange range, InvalidationReason reason, out InvalidationSession session, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) =>
        TrySchedule(range, reason, out session, out _, file, line);

    /// <summary>Phase A; also returns the subscription that refused.</summary>
    /// <param name="range">The range that is going away.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="session">The session, which the caller waits for and ends. <c>default</c> when the result is false.</param>
    /// <param name="refusedBy">The subscription that could not start without blocking; null when the result is true.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False when a subscriber could not start without blocking.</returns>
    /// <remarks>
    /// See <see cref="TrySchedule(AddressRange, InvalidationReason, out InvalidationSession, string, int)"/> for details.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(
        AddressRange range,
        InvalidationReason reason,
        out InvalidationSession session,
        out InvalidationSubscription? refusedBy,
        [CallerFilePath] string? file = null,
        [CallerLineNumber] int line = 0)
    {
        AddressRange.IfEmpty(range);
        return TrySchedule([range], reason, initiator: null, new SchedulePlace(file, line), out session, out refusedBy);
    }

    /// <summary>Phase A on behalf of an initiator that is itself a subscriber.</summary>
    /// <param name="range">The range that is going away.</param>
    /// <param name="reason">The reason.</param>
    /// <param name="initiator">
    /// The object that asks for the invalidation. Subscriptions with the same <see cref="InvalidationSubscriptionOptions.Owner"/> are
    /// skipped if the reason is <see cref="InvalidationReason.Migrate"/> or <see cref="InvalidationReason.Exclusive"/>, and called
    /// otherwise.
    /// </param>
    /// <param name="session">The session, which the caller waits for and ends. <c>default</c> when the result is false.</param>
    /// <param name="refusedBy">The subscription that could not start without blocking; null when the result is true.</param>
    /// <param name="file">Filled in by the compiler: where the session was scheduled, for reports.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>False when a subscriber could not start without blocking.</returns>
    /// <remarks>
    /// See <see cref="TrySchedule(AddressRange, InvalidationReason, out InvalidationSession, string, int)"/> for details.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="range"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="initiator"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is none of the named values.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public bool TrySchedule(
        AddressRange range,
        InvalidationReason reason,
        object initiator,
        out InvalidationSession session,
        out InvalidationSubscription? refusedBy,
        [CallerFilePath] string? file = null,
        [CallerLineNumber] int line = 0)
    {
        AddressRange.IfEmpty(range);
        ArgumentNullException.ThrowIfNull(initiator);
        return TrySchedule([range], reason, initiator, new SchedulePlace(file, line), out session, out refusedBy);
    }

    /// <summary>Creates a batch: many ranges in one session, with one wait and one barrier.</summary>
    /// <param name="coveringThreshold">
    /// With more ranges than this, after merging, the batch invalidates one range that covers them all. At least 1.
    /// </param>
    /// <returns>An empty batch; it can be used again and again.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="coveringThreshold"/> is less than 1.</exception>
    public InvalidationBatch CreateBatch(int coveringThreshold = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(coveringThreshold, 1);
        return new InvalidationBatch(this, coveringThreshold);
    }

    /// <summary>Phase A for ranges that are sorted and have a gap between any two.</summary>
    internal bool TryScheduleMerged(
        ReadOnlySpan<AddressRange> ranges, InvalidationReason reason, SchedulePlace place, out InvalidationSession session) =>
        TrySchedule(ranges, reason, initiator: null, place, out session, out _);

    private bool TrySchedule(
        ReadOnlySpan<AddressRange> ranges,
        InvalidationReason reason,
        object? initiator,
        SchedulePlace place,
        out InvalidationSession session,
        out InvalidationSubscription? refusedBy)
    {
        if ((reason & ~InvalidationReason.All) != 0 || !BitOperations.IsPow2((uint)reason))
        {
            throw new ArgumentOutOfRangeException(nameof(reason), reason, "Not one reason.");
        }

        FenceContract.MightSchedule();
        SessionLease lease = _sessions.Rent(_ledger.FindNear(ranges));
        InvalidationSessionState state = lease.State;
        state.Initiator = initiator;
        SessionTrace? trace = SessionTrace.IsHeard ? SessionTrace.Begin(Name, ranges, reason, place) : null;
        if (!TryBegin(lease, ranges, reason, place, isRelease: false, out IntervalIndex<InvalidationSubscription>? index, out refusedBy))
        {
            trace?.End("refused");
            if (refusedBy is null)
            {
                ThrowDisposed();
            }

            session = default;
            return false;
        }

        if (trace is not null)
        {
            state.BeginTrace(trace);
        }

        state.BeginCalling();
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
            // One way to undo the schedule for all kinds of subscribers, and for the one exception that is possible here, lack of memory.
            state.EndCalling();
            session = scheduled ? state.OpenUp() : state.Refuse();
        }

        return scheduled;
    }

    /// <summary>
    /// Closes the ranges to readers and takes a snapshot of the subscribers; with a release, for the last time. False when a reader has the
    /// turn (then <paramref name="heldUpBy"/> is set) or the notifier is disposed; the state object is back in its pool then.
    /// </summary>
    private bool TryBegin(
        SessionLease lease,
        ReadOnlySpan<AddressRange> ranges,
        InvalidationReason reason,
        SchedulePlace place,
        bool isRelease,
        out IntervalIndex<InvalidationSubscription>? index,
        out InvalidationSubscription? heldUpBy)
    {
        index = null;
        heldUpBy = null;
        long now = _ledger.HasTurns ? _clock.GetTimestamp() : 0;
        InvalidationSessionState state = lease.State;
        state.BeginScheduling(lease);
        state.SetRanges(ranges, reason, place);
        state.TakesWhatIsLeft = isRelease;
        StripeSet held = isRelease ? _ledger.EnterEvery() : _ledger.EnterToBegin(ranges);
        using (_ledger.ExitAtEnd(held))
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
            else if ((heldUpBy = _ledger.FindTurnLocked(ranges, now)) is not null)
            {
                _counters.Tally(held).Begun++;
                _counters.Tally(held).Refused++;
                state.CancelScheduling();
                return false;
            }

            _ledger.BeginLocked(state, held);
            _counters.Tally(held).Begun++;
            index = _index;
        }

        // The new sequence must be visible before this thread checks whether a subscription is publishing, or has published; leaving a lock
        // is only a release. Pairs with the increment in InvalidationSubscription.TryPopulate and the fence in AttemptLog.NotePublication.
        Interlocked.MemoryBarrier();
        return true;
    }

    private bool IsSchedulingOnThisThread => InvalidationSessionState.IsCallingOnThisThread(_ledger);

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

        return state.ScheduleDeferred(reason, mayRefuse: true, out refusedBy);
    }

    private struct Scheduler(InvalidationSessionState state, AddressRange range, InvalidationReason reason, object? initiator)
        : IIntervalVisitor<InvalidationSubscription>
    {
        private InvalidationRequest _request = state.RequestFor(range, reason);

        internal InvalidationSubscription? RefusedBy { get; private set; }

        public bool Visit(InvalidationSubscription item)
        {
            if (!item.IsCalledFor(reason, initiator))
            {
                return true;
            }

            if (item.After is not null)
            {
                state.Defer(item, range);
                return true;
            }

            if (state.Schedule(item, ref _request))
            {
                return true;
            }

            RefusedBy = item;
            return false;
        }
    }
}
