// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Reports of the lock to the validator.
public sealed partial class WoundWaitLock
{
    // The validator's record that the lock is held; null for none. Set by the holder, and cleared under _lock by the thread that unlocks.
    private object? _contractHold;

    /// <summary>The validator's lock map for the lock; null when the contract is not checked.</summary>
    internal object? ContractMap { get; }

    private WoundWaitOutcome EnterChecked(WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (IsHeldBy(context) || timeout == TimeSpan.Zero)
        {
            WoundWaitOutcome known = EnterCore(context, waiter, timeout, cancellationToken);
            if (known == WoundWaitOutcome.Acquired)
            {
                AnnounceTaken(context);
            }

            return known;
        }

        CheckFree();
        SetLockAttempt attempt = timeout == Timeout.InfiniteTimeSpan ? SetLockAttempt.Block : SetLockAttempt.Timed;
        FenceAnnotations.WantSetLock(ContractMap!, context?.ContractMap, attempt);
        WoundWaitOutcome outcome = EnterCore(context, waiter, timeout, cancellationToken);
        if (outcome == WoundWaitOutcome.Acquired)
        {
            AnnounceHeld(context, attempt);
        }

        return outcome;
    }

    /// <summary>Reports a lock that was taken without waiting: the validator adds it to the held locks, but records no dependency to it.</summary>
    private void AnnounceTaken(WoundWaitContext? context) => AnnounceHeld(context, SetLockAttempt.Try);

    private void AnnounceHeld(WoundWaitContext? context, SetLockAttempt attempt)
    {
        try
        {
            object? none = null;
            _contractHold = context is not null
                ? context.HoldLock(ContractMap!, attempt)
                : FenceAnnotations.HoldSetLock(ContractMap!, null, attempt, ref none);
        }
        catch
        {
            Unlock(context); // a sink has thrown a violation: the lock must not stay taken
            throw;
        }
    }

    // The lock is recorded as held in the flow of this method, which ends when it returns; then WoundWaitAdoption moves the record to the
    // awaiting method.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<WoundWaitOutcome> EnterCheckedAsync(
        WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        SetLockAttempt attempt = timeout == TimeSpan.Zero ? SetLockAttempt.Try
            : timeout == Timeout.InfiniteTimeSpan ? SetLockAttempt.Await : SetLockAttempt.AwaitTimed;
        if (attempt != SetLockAttempt.Try && !IsHeldBy(context))
        {
            CheckFree();
            FenceAnnotations.WantSetLock(ContractMap!, context?.ContractMap, attempt);
        }

        WoundWaitOutcome outcome = await EnterCoreAsync(context, waiter, timeout, resumption, cancellationToken).ConfigureAwait(false);
        if (outcome == WoundWaitOutcome.Acquired)
        {
            AnnounceHeld(context, attempt);
        }

        return outcome;
    }

    /// <summary>Moves the validator's record of the lock to the calling async flow.</summary>
    internal void AdoptHold()
    {
        if (_contractHold is { } hold)
        {
            FenceAnnotations.AdoptSetLock(hold);
        }
    }

    private static void AnnounceUnlocked(WoundWaitContext? context, object? hold)
    {
        if (hold is not null)
        {
            FenceAnnotations.ReleaseSetLock(hold);
        }

        context?.AnnounceUnlocked();
    }

    // Needs no lock: only the context itself changes the answer, and it is used by one thread at a time.
    private bool IsHeldBy(WoundWaitContext? context) => context is not null && ReferenceEquals(Volatile.Read(ref _holder), context);

    private void CheckFree()
    {
        bool isStale;
        using (_lock.EnterScope())
        {
            isStale = !_isHeld && _holder is not null;
        }

        if (isStale)
        {
            FenceContract.ReportProtocol(ContractMap, $"A free lock of the class {Class.Name} names a context.");
        }
    }

    private void CheckCount(WoundWaitContext? context)
    {
        if (context is { HeldLocks: 0 } && IsHeldBy(context))
        {
            FenceContract.ReportProtocol(ContractMap, $"{context} gives back more locks than it took.");
        }
    }

    [DoesNotReturn]
    private void ThrowNotHeld(WoundWaitContext? context)
    {
        FenceContract.ReportNotHeld(ContractMap);
        throw new SynchronizationLockException(
            $"{(context is null ? "Nobody without a context" : context)} holds this lock of the class {Class.Name}.");
    }
}
