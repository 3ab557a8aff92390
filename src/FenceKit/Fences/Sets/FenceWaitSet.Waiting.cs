// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for completions of slots. A wait tries to take a completion; if there is none, it waits for the next one and tries again.
public sealed partial class FenceWaitSet
{
    /// <summary>Blocks until a slot has completed, takes its completion and empties the slot.</summary>
    /// <param name="timeout">The longest time to wait; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>The slot and the outcome of its fence; <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <remarks>Allocates nothing in steady state. Also waits if the set is empty, since another thread may fill a slot.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before a slot completed.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed, or was during the wait.</exception>
    public FenceWaitResult WaitAny(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        WaitBudget budget = WaitBudget.Start(_arrivals.TimeProvider, timeout);
        while (true)
        {
            if (TryTake(out FenceWaitResult result, out Fence arrival))
            {
                return result;
            }

            if (arrival.Wait(budget.Remaining, cancellationToken) == FenceStatus.Pending)
            {
                TryTake(out result); // a slot may have completed, and not been signaled yet
                return result;
            }
        }
    }

    /// <summary>Waits, without blocking a thread, until a slot has completed, takes its completion and empties the slot.</summary>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>A task with the result of <see cref="WaitAny(TimeSpan, CancellationToken)"/>; the wait has already begun. Await it once.</returns>
    /// <remarks>The continuation never runs on the signaler's stack. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public ValueTask<FenceWaitResult> WaitAnyAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitAnyAsync(timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <inheritdoc cref="WaitAnyAsync(TimeSpan, CancellationToken)"/>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="resumption">Where the wait's own continuation runs. Inline is only for callers that know the signaler.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    internal ValueTask<FenceWaitResult> WaitAnyAsync(TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        return WaitAnyCoreAsync(timeout, resumption, cancellationToken);
    }

    /// <summary>Blocks until no slot waits for its fence. Takes no completions.</summary>
    /// <param name="timeout">The longest time to wait; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait, not the work behind the fences.</param>
    /// <returns>False when the time ran out.</returns>
    /// <remarks>Take the completions by <see cref="TryTake(out FenceWaitResult)"/> afterwards.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed, or was during the wait.</exception>
    public bool WaitAll(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        WaitBudget budget = WaitBudget.Start(_drains.TimeProvider, timeout);
        while (!IsDrained(out Fence drain))
        {
            if (drain.Wait(budget.Remaining, cancellationToken) == FenceStatus.Pending)
            {
                return IsDrained(out _); // as in WaitAny
            }
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FenceWaitResult> WaitAnyCoreAsync(TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        WaitBudget budget = WaitBudget.Start(_arrivals.TimeProvider, timeout);
        while (true)
        {
            if (TryTake(out FenceWaitResult result, out Fence arrival))
            {
                return result;
            }

            FenceWaitAwaitable wait = arrival.WaitAsync(budget.Remaining, cancellationToken);
            if (await wait.ConfigureAwait(resumption) == FenceStatus.Pending)
            {
                TryTake(out result); // as in WaitAny
                return result;
            }
        }
    }

    private bool TryTake(out FenceWaitResult result, out Fence arrival)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_readyCount == 0)
        {
            result = new FenceWaitResult(FenceStatus.Pending, -1);
            arrival = new Fence(_arrivals, _arrived + 1);
            return false;
        }

        int index = _ready[_readyHead];
        _readyHead = (_readyHead + 1) % _ready.Length;
        _readyCount--;
        ref Slot slot = ref _slots[index];
        result = new FenceWaitResult(slot.Status, index, slot.Error);
        slot.Reset();
        arrival = default;
        return true;
    }

    private bool IsDrained(out Fence drain)
    {
        using InterruptShield.ShieldedScope scope = _lock.EnterShieldedScope();
        ObjectDisposedException.ThrowIf(_disposed, this);
        drain = new Fence(_drains, _drained + 1);
        return _watched == 0;
    }
}
