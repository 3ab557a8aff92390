// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// What the lock tells the validator.
public sealed partial class WoundWaitLock
{
    // Who holds the lock in the validator's eyes: set by the holder, taken out under the lock by the thread that unlocks it.
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
        SetLockAttempt attempt = timeout == Timeout.InfiniteTimeSpan ? SetLockAttempt.Block : SetLockAttempt.Timed;
        FenceAnnotations.WantOfSet(ContractMap!, context?.ContractMap, attempt);
        WoundWaitOutcome outcome = EnterCore(context, waiter, timeout, cancellationToken);
        if (outcome == WoundWaitOutcome.Acquired)
        {
            AnnounceHeld(context, attempt);
        }

        return outcome;
    }

    /// <summary>Announces a lock that was taken by a try: nobody waited, so nothing leads to it, but it is held.</summary>
    private void AnnounceTaken(WoundWaitContext? context) => AnnounceHeld(context, SetLockAttempt.Try);

    private void AnnounceHeld(WoundWaitContext? context, SetLockAttempt attempt)
    {
        try
        {
            object? none = null;
            _contractHold = context is not null
                ? context.HoldLock(ContractMap!, attempt)
                : FenceAnnotations.HoldOfSet(ContractMap!, null, attempt, ref none);
        }
        catch
        {
            Unlock(context); // a sink throws: the lock is not taken then
            throw;
        }
    }

    // What it says to be held is so until it returns; then the method that awaits adopts it (WoundWaitAdoption).
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<WoundWaitOutcome> EnterCheckedAsync(
        WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        SetLockAttempt attempt = timeout == TimeSpan.Zero ? SetLockAttempt.Try
            : timeout == Timeout.InfiniteTimeSpan ? SetLockAttempt.Await : SetLockAttempt.AwaitTimed;
        if (attempt != SetLockAttempt.Try && !IsHeldBy(context))
        {
            CheckFree();
            FenceAnnotations.WantOfSet(ContractMap!, context?.ContractMap, attempt);
        }

        WoundWaitOutcome outcome = await EnterCoreAsync(context, waiter, timeout, resumption, cancellationToken).ConfigureAwait(false);
        if (outcome == WoundWaitOutcome.Acquired)
        {
            AnnounceHeld(context, attempt);
        }

        return outcome;
    }

    /// <summary>The flow that runs here has the lock, instead of the method that awaited it.</summary>
    internal void AdoptHold()
    {
        if (_contractHold is { } hold)
        {
            FenceAnnotations.AdoptOfSet(hold);
        }
    }

    private static void AnnounceUnlocked(WoundWaitContext? context, object? hold)
    {
        if (hold is not null)
        {
            FenceAnnotations.ReleaseOfSet(hold);
        }

        context?.AnnounceUnlocked();
    }

    // Only the context itself makes this true or false, and it is used by one at a time.
    private bool IsHeldBy(WoundWaitContext? context) => context is not null && ReferenceEquals(Volatile.Read(ref _holder), context);

    private void CheckFree()
    {
        bool isStale;
        _lock.Enter();
        try
        {
            isStale = !_isHeld && _holder is not null;
        }
        finally
        {
            _lock.Exit();
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
