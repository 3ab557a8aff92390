// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for what the slots report. A wait looks, and if there is nothing yet it waits for the next arrival and looks again.
public sealed partial class FenceWaitSet
{
    /// <summary>Blocks until a slot has completed, takes it and empties the slot.</summary>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>The slot and the outcome of its fence; <see cref="FenceStatus.Pending"/> when the time ran out.</returns>
    /// <remarks>Allocates nothing in steady state. An empty set waits too: another thread may fill a slot.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled before a slot completed.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed, or was while this waited.</exception>
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
                TryTake(out result); // it may have arrived, and not been announced yet
                return result;
            }
        }
    }

    /// <summary>Waits, without a thread, until a slot has completed, takes it and empties the slot.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>The wait, which has begun: as <see cref="WaitAny(TimeSpan, CancellationToken)"/>. Await it once.</returns>
    /// <remarks>The code after the await never runs on the signaler's stack. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public ValueTask<FenceWaitResult> WaitAnyAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitAnyAsync(timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <inheritdoc cref="WaitAnyAsync(TimeSpan, CancellationToken)"/>
    /// <param name="timeout">How long at most.</param>
    /// <param name="resumption">Where the wait itself goes on when it is woken: inline is for those who know the signaler.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    internal ValueTask<FenceWaitResult> WaitAnyAsync(TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        return WaitAnyCoreAsync(timeout, resumption, cancellationToken);
    }

    /// <summary>Blocks until no slot waits for its fence. Takes nothing.</summary>
    /// <param name="timeout">How long at most; zero polls; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait, not the work behind the fences.</param>
    /// <returns>False when the time ran out.</returns>
    /// <remarks>The outcomes are those that <see cref="TryTake(out FenceWaitResult)"/> reports afterwards.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    /// <exception cref="ObjectDisposedException">The set is disposed, or was while this waited.</exception>
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
        _lock.EnterShielded();
        try
        {
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
        finally
        {
            _lock.Exit();
        }
    }

    private bool IsDrained(out Fence drain)
    {
        _lock.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            drain = new Fence(_drains, _drained + 1);
            return _watched == 0;
        }
        finally
        {
            _lock.Exit();
        }
    }
}
