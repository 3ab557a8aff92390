// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Diagnostics;

namespace FenceKit;

// Waiting without a thread.
public sealed partial class WoundWaitLock
{
    ValueTask<WoundWaitOutcome> IFenceWait<WoundWaitOutcome>.StartAsync(
        object? subject, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        WoundWaitContext context = (WoundWaitContext)subject!;
        context.CheckMayLock(this, slow: ReferenceEquals(context.ContendedLock, this)); // again: time may have passed since the call
        return EnterAsync(context, context.Waiter, timeout, resumption, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<bool> IFenceWait<bool>.StartAsync(
        object? subject, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<WoundWaitOutcome> EnterAsync(
        WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        if (FenceContract.IsChecked)
        {
            AnnounceAwait(context);
        }

        if (TryEnter(context, waiter, out WoundWaitOutcome outcome))
        {
            return outcome;
        }

        WaitBudget budget = WaitBudget.Start(TimeProvider.System, timeout);
        while (true)
        {
            Fence wake = waiter.Prepare();
            if (TryFinish(context, waiter, isOver: false, out outcome))
            {
                return outcome;
            }

            bool isOver;
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

            if (isOver && TryFinish(context, waiter, isOver: true, out outcome))
            {
                return outcome;
            }
        }
    }
}
