// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Who holds the range: collected in phase A, asked in phase C.
internal sealed partial class InvalidationSessionState
{
    private Holder[] _holders;
    private int _holderCount;
    private bool _someoneThrew;
    private long _scheduled; // when phase A was over; only if there is anybody to wait for

    private struct Holder
    {
        public InvalidationSubscription Subscription;
        public Fence Fence;
        public Exception? Thrown;
        public bool Done; // seen to be over, and well; set by whoever looks, never taken back while the session lasts
    }

    /// <summary>Calls one subscriber. False: it cannot without blocking.</summary>
    internal bool Schedule(InvalidationSubscription subscription, InvalidationReason reason)
    {
        Fence fence;
        try
        {
            InvalidationRequest request = new(Range, subscription.Range, reason);
            if (!subscription.TrySchedule(in request, out fence))
            {
                return false;
            }
        }
        catch (Exception exception)
        {
            ReportThrown(subscription, exception);
            return true;
        }

        // What is done already, and well, is not worth remembering.
        if (fence.Timeline is not null && fence.Status != FenceStatus.Signaled)
        {
            AddHolder(subscription, fence, thrown: null);
        }

        return true;
    }

    internal InvalidationOutcome Poll()
    {
        InvalidationOutcome outcome = _someoneThrew ? InvalidationOutcome.Faulted : InvalidationOutcome.Completed;
        for (int index = 0; index < _holderCount; index++)
        {
            ref Holder holder = ref _holders[index];
            if (holder.Thrown is not null || Volatile.Read(ref holder.Done))
            {
                continue;
            }

            FenceStatus status = holder.Fence.Status;
            if (IsFailure(status))
            {
                return InvalidationOutcome.Faulted;
            }

            NoteOutcome(ref holder, status);

            if (status == FenceStatus.Pending && outcome == InvalidationOutcome.Completed)
            {
                outcome = InvalidationOutcome.Pending;
            }
        }

        return outcome;
    }

    internal InvalidationOutcome Wait(TimeSpan budget, CancellationToken cancellationToken)
    {
        InvalidationOutcome outcome = Poll();
        if (outcome != InvalidationOutcome.Pending || budget == TimeSpan.Zero)
        {
            return outcome;
        }

        WaitBudget left = WaitBudget.Start(_clock, budget);
        for (int index = 0; index < _holderCount; index++)
        {
            FenceStatus status = _holders[index].Fence.Wait(left.Remaining, cancellationToken);
            NoteOutcome(ref _holders[index], status);
            if (status == FenceStatus.Pending || IsFailure(status))
            {
                break;
            }
        }

        return Poll();
    }

    /// <summary>The caller has entered; the object is left when the task is done.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<InvalidationOutcome> WaitAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        try
        {
            InvalidationOutcome outcome = Poll();
            if (outcome != InvalidationOutcome.Pending || budget == TimeSpan.Zero)
            {
                return outcome;
            }

            WaitBudget left = WaitBudget.Start(_clock, budget);
            for (int index = 0; index < _holderCount; index++)
            {
                FenceStatus status = await _holders[index].Fence.WaitAsync(left.Remaining, cancellationToken)
                    .ConfigureAwait(FenceContinuation.ThreadPool);
                NoteOutcome(ref _holders[index], status);
                if (status == FenceStatus.Pending || IsFailure(status))
                {
                    break;
                }
            }

            return Poll();
        }
        finally
        {
            Leave();
        }
    }

    internal int CopyPending(Span<PendingInvalidation> destination)
    {
        int count = 0;
        for (int index = 0; index < _holderCount; index++)
        {
            ref readonly Holder holder = ref _holders[index];
            FenceStatus status = holder.Fence.GetStatus(out Exception? error);
            if (holder.Thrown is null && (Volatile.Read(in holder.Done) || (status != FenceStatus.Pending && !IsFailure(status))))
            {
                continue;
            }

            if (count < destination.Length)
            {
                destination[count] = new PendingInvalidation(
                    holder.Subscription, holder.Fence, _clock.GetElapsedTime(_scheduled), holder.Thrown ?? error);
            }

            count++;
        }

        return count;
    }

    /// <summary>
    /// A fence that completed with an outcome that is no longer known may have faulted: it is no better than one that did.
    /// </summary>
    private bool IsFailure(FenceStatus status) =>
        status is FenceStatus.Faulted or FenceStatus.Retired && !_faultsCountAsDone;

    /// <summary>
    /// Remembers that a holder is done. Its timeline may forget that later, and a session that was complete must stay so: its owner has
    /// freed the range by then.
    /// </summary>
    private void NoteOutcome(ref Holder holder, FenceStatus status)
    {
        if (status != FenceStatus.Pending && !IsFailure(status))
        {
            Volatile.Write(ref holder.Done, true);
        }
    }

    private void AddHolder(InvalidationSubscription subscription, Fence fence, Exception? thrown)
    {
        if (_holderCount == _holders.Length)
        {
            // Between two callbacks, not inside one. The object keeps its size in the pool, so this ends after warm-up.
            Array.Resize(ref _holders, _holders.Length * 2);
        }

        ref Holder holder = ref _holders[_holderCount++];
        holder.Subscription = subscription;
        holder.Fence = fence;
        holder.Thrown = thrown;
        holder.Done = false;
    }

    private void ReportThrown(InvalidationSubscription subscription, Exception exception)
    {
        _someoneThrew = true;
        AddHolder(subscription, default, exception);
        _counters.CountSubscriberFault();
        Diagnostics.FenceKitEventSource.Log.SubscriberFaulted(subscription.Name, Range.ToString(), exception);
    }

    private void ClearHolders()
    {
        Array.Clear(_holders, 0, _holderCount);
        _holderCount = 0;
        _someoneThrew = false;
    }
}
