// SPDX-License-Identifier: MIT
namespace FenceKit;

// The end: everybody is told to let go of everything, once.
public sealed partial class InvalidationNotifier
{
    private QuarantinedMemory[] _quarantined = []; // of the one release; written when it is over

    /// <summary>
    /// Shuts down: nothing new can be scheduled or subscribed, every subscriber gets one <see cref="InvalidationReason.Release"/> over its
    /// range, and gates let nobody in any more.
    /// </summary>
    /// <param name="budget">How long to wait altogether; zero looks once; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait like the end of the time; it does not throw.</param>
    /// <returns>
    /// What must not be freed, by name: subscribers that have not let go in time, have failed to, or have refused, and sessions that are
    /// open, whose owners may be about to free what they cover. Empty when all memory that is left may be freed. A later call lists those of
    /// the first list that have not let go since; it does not wait.
    /// </returns>
    /// <remarks>
    /// Blocks the thread; allocates. A refusal is an error here, since there is no later attempt. Subscriptions outlive the notifier
    /// until they are disposed; sessions that are open can still be ended by their owners.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="InvalidOperationException">
    /// Called from inside a callback of this notifier; or, with a budget, from inside a <see cref="ReaderGate"/> or an open session of it: it would wait for
    /// this very thread. Nothing has happened then.
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
            // Before anything happens: only the first shutdown learns what is left.
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
            state.SchedulePutOff(InvalidationReason.Release, mayRefuse: false, out _);
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
    /// Shuts down without waiting, as <see cref="Release"/> with no time. A subscriber that has not let go at that moment is reported as an event of the
    /// EventSource "FenceKit": an owner who frees memory calls <see cref="Release"/> instead, and looks at what it returns.
    /// </summary>
    /// <exception cref="InvalidOperationException">Called from inside a callback of this notifier.</exception>
    public void Dispose() => Release(TimeSpan.Zero);

    /// <summary>
    /// What <see cref="Release"/> has left behind and nobody has let go of since, by name: what it would return if it were called again.
    /// Empty before the shutdown.
    /// </summary>
    /// <returns>A copy.</returns>
    /// <remarks>Changes nothing and never blocks; allocates. For health checks.</remarks>
    public IReadOnlyList<QuarantinedMemory> GetQuarantined() => Array.FindAll(Volatile.Read(ref _quarantined), IsStillHeld); // pairs with the write in Quarantine

    /// <summary>A cancellation must not swallow the list of those who still hold something.</summary>
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
        int count = Math.Min(session.CopyPending(pending), pending.Length); // some may have let go in between; none are added
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

    /// <summary>A subscriber that threw or refused has no fence, and is never known to have let go. A session that has ended holds nothing, however it ended.</summary>
    private bool IsStillHeld(QuarantinedMemory held)
    {
        FenceStatus status = held.Fence.GetStatus(out Exception? error);
        return held.Fence == default
            || status == FenceStatus.Pending
            || (status != FenceStatus.Signaled && held.Subscription is not null && (error is IMemoryFault fault ? fault.MayStillTouchMemory : !_faultsCountAsDone));
    }

    /// <summary>Nobody is passed over and nobody can refuse.</summary>
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
                state.PutOff(item, AddressRange.All);
            }

            return true;
        }
    }
}
