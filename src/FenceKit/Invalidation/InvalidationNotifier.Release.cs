// SPDX-License-Identifier: MIT
namespace FenceKit;

// Shutdown: every subscriber is told, once, to let go of its whole range.
public sealed partial class InvalidationNotifier
{
    private QuarantinedMemory[] _quarantined = []; // written at the end of the one release

    /// <summary>
    /// Shuts down: no new session or subscription is accepted, every subscriber gets one <see cref="InvalidationReason.Release"/> over its
    /// range, and gates let no more readers in.
    /// </summary>
    /// <param name="budget">
    /// How long to wait altogether; zero checks once without waiting; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </param>
    /// <param name="cancellationToken">Ends the wait like the end of the time; it does not throw.</param>
    /// <returns>
    /// What must not be freed, by name: subscribers that have not let go in time, have failed to, or have refused, and open sessions, whose
    /// owners may be about to free what they cover. Empty when all remaining memory may be freed. A later call does not wait; it returns
    /// the entries of the first list that have not let go since.
    /// </returns>
    /// <remarks>
    /// Blocks the thread; allocates. A refusal is an error here, because there is no later attempt. Subscriptions outlive the notifier
    /// until they are disposed; the owners of open sessions can still end them.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// Called from inside a callback of this notifier; or, with a budget, from inside a <see cref="ReaderGate"/> or an open session of it:
    /// the call would wait for its own thread. Nothing has happened then.
    /// </exception>
    public IReadOnlyList<QuarantinedMemory> Release(TimeSpan budget, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(budget);
        if (IsSchedulingOnThisThread)
        {
            throw new InvalidOperationException($"The notifier '{Name}' cannot be shut down from inside a callback of its own.");
        }

        if (budget != TimeSpan.Zero)
        {
            // Checked before anything changes: only the first shutdown learns what is left.
            OwnGates ownGates = new(Name);
            IntervalIndex<InvalidationSubscription>.Visit(Volatile.Read(ref _index), AddressRange.All, ref ownGates);
            if (_ledger.FindHeldHere(AddressRange.All, ulong.MaxValue, InvalidationReason.All) is { } own)
            {
                SelfWait.ThrowInsideSession($"The shutdown of '{Name}'", AddressRange.All, own);
            }
        }

        SessionLease lease = _sessions.Rent(_ledger.FindNear([AddressRange.All]));
        InvalidationSessionState state = lease.State;
        SchedulePlace place = new($"{nameof(InvalidationNotifier)}.{nameof(Release)}", 0);
        if (!TryBegin(lease, [AddressRange.All], InvalidationReason.Release, place, isRelease: true, out IntervalIndex<InvalidationSubscription>? index, out _))
        {
            return GetQuarantined();
        }

        if (SessionTrace.IsHeard && SessionTrace.Begin(Name, [AddressRange.All], InvalidationReason.Release, place) is { } trace)
        {
            state.BeginTrace(trace);
        }

        state.BeginCalling();
        InvalidationSession session;
        try
        {
            Releaser releaser = new(state);
            IntervalIndex<InvalidationSubscription>.Visit(index, AddressRange.All, ref releaser);
            state.ScheduleDeferred(InvalidationReason.Release, mayRefuse: false, out _);
            state.ScanReaders(close: true);
        }
        finally
        {
            state.EndCalling();
            session = state.OpenUp();
        }

        session.StayOnThread();
        using (session)
        {
            return WaitForRelease(session, budget, cancellationToken) == InvalidationOutcome.Completed ? CommitRelease(session) : Quarantine(session);
        }
    }

    /// <summary>
    /// Shuts down without waiting, like <see cref="Release"/> with a budget of zero. A subscriber that has not let go by then is reported
    /// as an event of the EventSource "FenceKit". An owner that frees memory calls <see cref="Release"/> instead and looks at its result.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from inside a callback of this notifier.</exception>
    public void Dispose() => Release(TimeSpan.Zero);

    /// <summary>
    /// The entries that <see cref="Release"/> has returned and that have not let go since: what it would return if it were called again.
    /// Empty before the shutdown.
    /// </summary>
    /// <returns>A copy.</returns>
    /// <remarks>Changes nothing and never blocks; allocates. For health checks.</remarks>
    public IReadOnlyList<QuarantinedMemory> GetQuarantined() => Array.FindAll(Volatile.Read(ref _quarantined), IsStillHeld); // pairs with the write in Quarantine

    /// <summary>Waits, and turns a cancellation into an outcome: it must not prevent the list of remaining holders.</summary>
    private static InvalidationOutcome WaitForRelease(InvalidationSession session, TimeSpan budget, CancellationToken cancellationToken)
    {
        try
        {
            return session.Wait(budget, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return session.TryWait();
        }
    }

    private static QuarantinedMemory[] CommitRelease(InvalidationSession session)
    {
        session.Commit();
        return [];
    }

    private QuarantinedMemory[] Quarantine(InvalidationSession session)
    {
        PendingInvalidation[] pending = new PendingInvalidation[session.CopyPending(default)];
        int count = Math.Min(session.CopyPending(pending), pending.Length); // holders may have let go in between; none are added
        QuarantinedMemory[] held = new QuarantinedMemory[count];
        for (int index = 0; index < count; index++)
        {
            ref readonly PendingInvalidation holder = ref pending[index];
            held[index] = new QuarantinedMemory(holder.Subscription, holder.Fence, holder.Error) { Earlier = holder.Earlier };
            Diagnostics.FenceKitEventSource.Log.MemoryQuarantined(Name, holder.Name, holder.Range.ToString());
        }

        Volatile.Write(ref _quarantined, held);
        return held;
    }

    /// <summary>Throws when the calling thread is inside one of the gates.</summary>
    private readonly struct OwnGates(string notifier) : IIntervalVisitor<InvalidationSubscription>
    {
        public bool Visit(InvalidationSubscription item)
        {
            if (item.Readers is { IsThisThreadInside: true } readers)
            {
                SelfWait.ThrowInsideGate(readers.Name, $"the shutdown of '{notifier}'");
            }

            return true;
        }
    }

    /// <summary>
    /// Whether an entry may still use its memory. A subscriber that threw or refused has no fence, so it counts as holding forever. A
    /// session that has ended holds nothing, however it ended.
    /// </summary>
    private bool IsStillHeld(QuarantinedMemory held)
    {
        FenceStatus status = held.Fence.GetStatus(out Exception? error);
        return held.Fence == default
            || status == FenceStatus.Pending
            || (status != FenceStatus.Signaled && held.Subscription is not null && (error is IMemoryFault fault ? fault.MayStillTouchMemory : !_faultsCountAsDone));
    }

    /// <summary>Schedules every subscriber, without skipping any and without accepting a refusal.</summary>
    private struct Releaser(InvalidationSessionState state) : IIntervalVisitor<InvalidationSubscription>
    {
        private InvalidationRequest _request = state.RequestFor(AddressRange.All, InvalidationReason.Release);

        public bool Visit(InvalidationSubscription item)
        {
            if (item.After is null)
            {
                state.ScheduleOrFail(item, ref _request);
            }
            else
            {
                state.Defer(item, AddressRange.All);
            }

            return true;
        }
    }
}
