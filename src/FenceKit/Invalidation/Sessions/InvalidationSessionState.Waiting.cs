// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace FenceKit;

// Phase C: one wait for all holders, which ends when the last has let go or the first has failed, whatever their order.
internal sealed partial class InvalidationSessionState
{
    private Fence[]? _scratch; // An array for one waiter at a time, which removes it during use. Kept with the pooled object.

    internal InvalidationOutcome Poll()
    {
        InvalidationOutcome outcome = PollHolders();

        // Read after the earlier sessions were polled: see InvalidationLedger.Order.cs.
        return IsSuperseded ? InvalidationOutcome.Superseded : outcome;
    }

    private InvalidationOutcome PollHolders()
    {
        InvalidationOutcome outcome = _someoneThrew ? InvalidationOutcome.Faulted : InvalidationOutcome.Completed;
        foreach (ref readonly EarlierInvalidation earlier in Earlier)
        {
            if (!earlier.Ended.IsSignaled && outcome == InvalidationOutcome.Completed)
            {
                outcome = InvalidationOutcome.Pending;
            }
        }

        for (int index = 0; index < _holderCount; index++)
        {
            ref Holder holder = ref _holders[index];
            if (holder.Thrown is not null || Volatile.Read(ref holder.Done))
            {
                continue;
            }

            FenceStatus status = holder.Fence.Status;
            if (IsFailure(holder.Fence, status))
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

        ThrowIfBlockingItself();
        return _trace is null ? WaitPending(budget, cancellationToken) : WaitTraced(budget, cancellationToken);
    }

    private InvalidationOutcome WaitPending(TimeSpan budget, CancellationToken cancellationToken)
    {
        WaitBudget left = WaitBudget.Start(_clock, budget);
        while (TryBeginWait(left.Remaining, cancellationToken, out FenceSetWait? wait))
        {
            FenceStatus status = wait.Wait().Status; // announced by WaitChecked
            InvalidationOutcome outcome = PollAfter(status);
            if (status == FenceStatus.Pending || outcome != InvalidationOutcome.Pending)
            {
                return outcome;
            }
        }

        return PollOrThrow(cancellationToken);
    }

    /// <summary>Waits without a thread. The caller has entered the object; this method leaves it when the task is done.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<InvalidationOutcome> WaitAsync(TimeSpan budget, CancellationToken cancellationToken)
    {
        Activity? step = null;
        InvalidationOutcome outcome = InvalidationOutcome.Pending;
        try
        {
            outcome = Poll();
            if (outcome != InvalidationOutcome.Pending || budget == TimeSpan.Zero)
            {
                return outcome;
            }

            ThrowIfWaitingForThisThread();
            step = _trace?.BeginStep(SessionTrace.Wait);
            _holder.Forget(); // from here on the caller may continue without this thread, or this thread without the session
            WaitBudget left = WaitBudget.Start(_clock, budget);
            while (TryBeginWait(left.Remaining, cancellationToken, out FenceSetWait? wait))
            {
                FenceWaitResult result = await new FenceSetAwaitable(wait).ConfigureAwait(FenceContinuation.ThreadPool);
                outcome = PollAfter(result.Status);
                if (result.IsTimeout || outcome != InvalidationOutcome.Pending)
                {
                    return outcome;
                }
            }

            return outcome = PollOrThrow(cancellationToken);
        }
        finally
        {
            if (step is not null)
            {
                SessionTrace.EndStep(step, SessionTrace.TextOf(outcome));
            }

            Leave();
        }
    }

    /// <summary>
    /// Begins a wait for all holders that have yet to let go. It ends early at the first failure. Where a failure does not decide the
    /// session (see <see cref="InvalidationFaultPolicy.TreatAsQuiesced"/>, and shutdowns, which are not superseded), the caller then begins
    /// another wait for the rest. False when the time is over, the token is canceled, or there is no holder left.
    /// </summary>
    private bool TryBeginWait(TimeSpan left, CancellationToken cancellationToken, [NotNullWhen(true)] out FenceSetWait? wait)
    {
        wait = null;
        if (left == TimeSpan.Zero || cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        Fence[]? fences = Interlocked.Exchange(ref _scratch, null);
        if (fences is null || fences.Length < Earlier.Length + _holderCount)
        {
            fences = new Fence[Earlier.Length + _holders.Length]; // the first wait of the object, or one of several at the same time
        }

        int count = CopyUnfinished(fences);
        if (count > 0)
        {
            wait = FenceSetWait.Rent(fences.AsSpan(0, count), FenceSetMode.All, left, cancellationToken, endsAtFailure: true);
        }

        Array.Clear(fences, 0, count); // a pooled object must not keep timelines alive
        Volatile.Write(ref _scratch, fences);
        return wait is not null;
    }

    private int CopyUnfinished(Fence[] fences)
    {
        int count = 0;
        foreach (ref readonly EarlierInvalidation earlier in Earlier)
        {
            if (!earlier.Ended.IsSignaled)
            {
                fences[count++] = earlier.Ended;
            }
        }

        for (int index = 0; index < _holderCount; index++)
        {
            ref Holder holder = ref _holders[index];
            if (holder.Thrown is not null || Volatile.Read(ref holder.Done))
            {
                continue;
            }

            FenceStatus status = holder.Fence.Status;
            NoteOutcome(ref holder, status);
            if (status == FenceStatus.Pending || IsFailure(holder.Fence, status))
            {
                fences[count++] = holder.Fence;
            }
        }

        return count;
    }

    /// <summary>
    /// Polls after a wait. When the wait was signaled, all its fences have completed without a failure; they are marked here because a
    /// timeline may have forgotten the outcome by the time it is polled.
    /// </summary>
    private InvalidationOutcome PollAfter(FenceStatus status)
    {
        for (int index = 0; status == FenceStatus.Signaled && index < _holderCount; index++)
        {
            Volatile.Write(ref _holders[index].Done, true);
        }

        return Poll();
    }

    /// <summary>Polls once more before a cancellation is thrown: a subscriber that let go first wins.</summary>
    private InvalidationOutcome PollOrThrow(CancellationToken cancellationToken)
    {
        InvalidationOutcome outcome = Poll();
        if (outcome == InvalidationOutcome.Pending)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return outcome;
    }

    /// <summary>
    /// Whether a holder failed to let go. A fence whose outcome is no longer known may have faulted, so it counts as a failure.
    /// </summary>
    private bool IsFailure(Fence fence, FenceStatus status) =>
        status is FenceStatus.Faulted or FenceStatus.Retired && (!_faultsCountAsDone || MayStillTouchMemory(fence));

    /// <summary>
    /// Whether the fault says that the device could not be stopped and may still use the memory, whatever the fault policy.
    /// </summary>
    private static bool MayStillTouchMemory(Fence fence) =>
        fence.GetStatus(out Exception? error) == FenceStatus.Faulted && error is IMemoryFault { MayStillTouchMemory: true };

    /// <summary>
    /// Remembers that a holder is done. Its timeline may later forget the outcome, but a session that was complete must stay complete,
    /// because its owner may have freed the range.
    /// </summary>
    private void NoteOutcome(ref Holder holder, FenceStatus status)
    {
        if (status != FenceStatus.Pending && !IsFailure(holder.Fence, status))
        {
            Volatile.Write(ref holder.Done, true);
        }
    }
}
