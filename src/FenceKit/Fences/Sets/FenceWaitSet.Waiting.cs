// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace FenceKit;

// Waiting for what the slots report. A wait looks, and if there is nothing yet it waits for the next arrival and looks again.
public sealed partial class FenceWaitSet : IFenceWait<FenceWaitResult>
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
    /// <returns>Something to await, with a choice of place: as <see cref="WaitAny(TimeSpan, CancellationToken)"/>.</returns>
    /// <remarks>
    /// The wait begins at the <c>await</c>. Code after it runs in the captured context or on the thread pool, never on the signaler's
    /// stack, unless <see cref="FenceAwaitable{TResult}.ConfigureAwait(FenceContinuation)"/> says so. Allocates nothing in steady state.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    public FenceAwaitable<FenceWaitResult> WaitAnyAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        return new FenceAwaitable<FenceWaitResult>(this, subject: null, timeout, cancellationToken);
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
    async ValueTask<FenceWaitResult> IFenceWait<FenceWaitResult>.StartAsync(
        object? subject, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
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
        _gate.EnterShielded();
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
            _gate.Exit();
        }
    }

    private bool IsDrained(out Fence drain)
    {
        _gate.EnterShielded();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            drain = new Fence(_drains, _drained + 1);
            return _watched == 0;
        }
        finally
        {
            _gate.Exit();
        }
    }
}
