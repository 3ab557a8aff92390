// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Waiting without blocking a thread.
public sealed partial class WoundWaitLock
{
    /// <inheritdoc cref="LockAsync(WoundWaitContext, TimeSpan, CancellationToken)"/>
    /// <param name="context">The context that takes the lock.</param>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="resumption">Where the wait's own continuation runs. Inline is only for callers that know which thread unlocks.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal ValueTask<WoundWaitOutcome> LockAsync(
        WoundWaitContext context, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default) =>
        LockAsync(context, timeout, slow: false, resumption, cancellationToken);

    /// <inheritdoc cref="LockAsync(WoundWaitContext, TimeSpan, FenceContinuation, CancellationToken)"/>
    internal ValueTask<WoundWaitOutcome> LockSlowAsync(
        WoundWaitContext context, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default) =>
        LockAsync(context, timeout, slow: true, resumption, cancellationToken);

    /// <inheritdoc cref="LockAsync(WoundWaitContext, TimeSpan, FenceContinuation, CancellationToken)"/>
    internal ValueTask<bool> LockAsync(TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        ValueTask<bool> wait = LockAloneAsync(timeout, resumption, cancellationToken);
        return FenceContract.IsChecked ? WoundWaitAdoption<bool>.Of(wait, AdoptHold) : wait;
    }

    private ValueTask<WoundWaitOutcome> LockAsync(
        WoundWaitContext context, TimeSpan timeout, bool slow, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        FenceThrow.IfNotATimeout(timeout);
        context.CheckMayLock(this, slow);
        ValueTask<WoundWaitOutcome> wait = EnterAsync(context, context.Waiter, timeout, resumption, cancellationToken);
        return FenceContract.IsChecked ? WoundWaitAdoption<WoundWaitOutcome>.Of(wait, context.AdoptHolds) : wait;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> LockAloneAsync(TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        if (!FenceContract.IsChecked && TryLock())
        {
            return true;
        }

        WoundWaiter waiter = WoundWaiter.Rent();
        try
        {
            return await EnterAsync(null, waiter, timeout, resumption, cancellationToken).ConfigureAwait(false) == WoundWaitOutcome.Acquired;
        }
        finally
        {
            waiter.Return();
        }
    }

    private ValueTask<WoundWaitOutcome> EnterAsync(
        WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken) =>
        FenceContract.IsChecked
            ? EnterCheckedAsync(context, waiter, timeout, resumption, cancellationToken)
            : EnterCoreAsync(context, waiter, timeout, resumption, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<WoundWaitOutcome> EnterCoreAsync(
        WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        if (TryEnter(context, waiter, out WoundWaitOutcome outcome))
        {
            return outcome;
        }

        WaitBudget budget = WaitBudget.Start(TimeProvider.System, timeout);
        bool isOver = false;
        while (true)
        {
            Fence wake = waiter.Prepare();
            if (TryFinish(context, waiter, isOver, out outcome))
            {
                return outcome;
            }

            try
            {
                FenceWaitAwaitable wait = wake.WaitAsync(budget.Remaining, cancellationToken);
                isOver = await wait.ConfigureAwait(resumption) == FenceStatus.Pending;
            }
            catch
            {
                if (TryFinish(context, waiter, isOver: true, out outcome) && outcome != WoundWaitOutcome.TimedOut)
                {
                    return outcome;
                }

                throw;
            }
        }
    }
}
