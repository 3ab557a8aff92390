// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using FenceKit.Diagnostics;

namespace FenceKit;

// What the lock tells the validator.
public sealed partial class WoundWaitLock
{
    // Who holds the lock in the validator's eyes: set by the holder, taken out under the gate by whoever unlocks it.
    private object? _contractHold;

    /// <summary>The lock as the validator knows it; null when the contract is not checked.</summary>
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
        object? hold = Announce(context, timeout == Timeout.InfiniteTimeSpan ? SetLockAttempt.Block : SetLockAttempt.Timed);
        bool isTaken = false;
        try
        {
            WoundWaitOutcome outcome = EnterCore(context, waiter, timeout, cancellationToken);
            isTaken = outcome == WoundWaitOutcome.Acquired;
            return outcome;
        }
        finally
        {
            if (isTaken)
            {
                _contractHold = hold;
            }
            else
            {
                AnnounceUnlocked(context, hold);
            }
        }
    }

    /// <summary>After a try: it never waited, so nothing leads to it, but it is held.</summary>
    private void AnnounceTaken(WoundWaitContext? context)
    {
        try
        {
            _contractHold = Announce(context, SetLockAttempt.Try);
        }
        catch
        {
            Unlock(context); // a sink throws: the lock is not taken then
            throw;
        }
    }

    private void AnnounceAwait(WoundWaitContext? context)
    {
        if (!IsHeldBy(context))
        {
            CheckFree();
            Announce(context, SetLockAttempt.Await);
        }
    }

    private object? Announce(WoundWaitContext? context, SetLockAttempt attempt)
    {
        if (context is not null)
        {
            return context.AnnounceLock(ContractMap!, attempt);
        }

        object? none = null;
        return FenceAnnotations.AcquireOfSet(ContractMap!, null, attempt, ref none);
    }

    private void AnnounceUnlocked(WoundWaitContext? context, object? hold)
    {
        if (hold is not null)
        {
            FenceAnnotations.ReleaseOfSet(ContractMap!, hold);
        }

        context?.AnnounceUnlocked();
    }

    // Only the context itself makes this true or false, and it is used by one at a time.
    private bool IsHeldBy(WoundWaitContext? context) => context is not null && ReferenceEquals(Volatile.Read(ref _holder), context);

    private void CheckFree()
    {
        bool isStale;
        _gate.Enter();
        try
        {
            isStale = !_isHeld && _holder is not null;
        }
        finally
        {
            _gate.Exit();
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
