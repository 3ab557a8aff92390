// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>Takes several locks of a class in any order. Backs off and tries again by itself until it holds all of them.</summary>
/// <remarks><b>Thread safety</b>: one thread (or async flow) at a time. <b>Allocates</b>: the constructor; otherwise nothing.</remarks>
[DebuggerDisplay("{Count} held")]
public sealed class WoundWaitLockSet : IDisposable
{
    private readonly WoundWaitContext _context; // renewed for each attempt
    private bool _isOpen;

    /// <summary>Creates an empty set.</summary>
    /// <param name="lockClass">The class of the locks.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public WoundWaitLockSet(WoundWaitClass lockClass)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        _context = new WoundWaitContext(lockClass);
    }

    /// <summary>The number of locks that the set holds.</summary>
    public int Count => _context.HeldLocks;

    /// <summary>The number of back-offs since the set was created.</summary>
    public long BackOffs { get; private set; }

    /// <summary>Takes all locks, or none.</summary>
    /// <param name="locks">The locks, in any order; duplicates are taken once.</param>
    /// <param name="timeout">The longest time to wait, for all locks together.</param>
    /// <param name="cancellationToken">Cancels the wait; no lock is held then.</param>
    /// <returns>False when the time ran out; no lock is held then.</returns>
    /// <exception cref="InvalidOperationException">The set holds locks already.</exception>
    /// <exception cref="ArgumentException">A lock belongs to another class.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public bool Lock(ReadOnlySpan<WoundWaitLock> locks, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        Begin();
        bool complete = false;
        try
        {
            int next = TakeFree(locks);
            WaitBudget budget = next == locks.Length ? default : WaitBudget.Start(TimeProvider.System, timeout); // the clock is read only before a wait
            while (next < locks.Length)
            {
                WoundWaitLock? contended = _context.ContendedLock;
                WoundWaitLock target = contended ?? locks[next];
                WoundWaitOutcome outcome = contended is null
                    ? target.Lock(_context, budget.Remaining, cancellationToken)
                    : target.LockSlow(_context, budget.Remaining, cancellationToken);
                if (outcome == WoundWaitOutcome.TimedOut)
                {
                    return false;
                }

                next = HandleOutcome(outcome, contended is null ? next + 1 : 0);
            }

            _context.Done();
            complete = true;
            return true;
        }
        finally
        {
            if (!complete)
            {
                Unlock();
            }
        }
    }

    /// <summary>Takes all locks, or none, without blocking a thread.</summary>
    /// <param name="locks">The locks, in any order.</param>
    /// <param name="timeout">The longest time to wait, for all locks together.</param>
    /// <param name="cancellationToken">Cancels the wait; no lock is held then.</param>
    /// <returns>
    /// A task whose result is false when the time ran out; no lock is held then. The wait has already begun. Await it once. The continuation
    /// never runs on the stack of the thread that ends the wait.
    /// </returns>
    /// <inheritdoc cref="Lock"/>
    public ValueTask<bool> LockAsync(ReadOnlyMemory<WoundWaitLock> locks, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockAsync(locks, timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <inheritdoc cref="LockAsync(ReadOnlyMemory{WoundWaitLock}, TimeSpan, CancellationToken)"/>
    /// <param name="locks">The locks, in any order.</param>
    /// <param name="timeout">The longest time to wait, for all locks together.</param>
    /// <param name="resumption">Where the wait's own continuation runs.</param>
    /// <param name="cancellationToken">Cancels the wait; no lock is held then.</param>
    internal ValueTask<bool> LockAsync(
        ReadOnlyMemory<WoundWaitLock> locks, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        ValueTask<bool> wait = LockAllAsync(locks, timeout, resumption, cancellationToken);
        return FenceContract.IsChecked ? WoundWaitAdoption<bool>.Of(wait, _context.AdoptHolds) : wait;
    }

    /// <summary>Unlocks all locks; the set can be used again.</summary>
    public void Unlock()
    {
        _context.UnlockAll();
        _context.Dispose();
        _isOpen = false;
    }

    /// <summary>Unlocks all locks of the set.</summary>
    public void Dispose() => Unlock();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> LockAllAsync(
        ReadOnlyMemory<WoundWaitLock> locks, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken)
    {
        Begin();
        bool complete = false;
        try
        {
            int next = TakeFree(locks.Span);
            WaitBudget budget = next == locks.Length ? default : WaitBudget.Start(TimeProvider.System, timeout);
            while (next < locks.Length)
            {
                WoundWaitLock? contended = _context.ContendedLock;
                WoundWaitLock target = contended ?? locks.Span[next];
                ValueTask<WoundWaitOutcome> wait = contended is null
                    ? target.LockAsync(_context, budget.Remaining, resumption, cancellationToken)
                    : target.LockSlowAsync(_context, budget.Remaining, resumption, cancellationToken);
                WoundWaitOutcome outcome = await wait.ConfigureAwait(false);
                if (outcome == WoundWaitOutcome.TimedOut)
                {
                    return false;
                }

                next = HandleOutcome(outcome, contended is null ? next + 1 : 0);
            }

            _context.Done();
            complete = true;
            return true;
        }
        finally
        {
            if (!complete)
            {
                Unlock();
            }
        }
    }

    private void Begin()
    {
        if (_isOpen)
        {
            throw new InvalidOperationException("The set holds locks already. Unlock them first.");
        }

        _isOpen = true;
        _context.Renew();
    }

    /// <summary>Takes locks as long as they are free, which is the usual case and needs neither a clock nor a queue.</summary>
    /// <returns>The index of the first lock that was not taken; the caller takes the rest.</returns>
    private int TakeFree(ReadOnlySpan<WoundWaitLock> locks)
    {
        if (FenceContract.IsChecked)
        {
            return 0; // the validator treats a blocking acquisition differently from a try
        }

        int next = 0;
        while (next < locks.Length && locks[next].TryLock(_context))
        {
            next++;
        }

        return next;
    }

    /// <summary>Unlocks everything if the outcome is a back-off. Returns the index of the next lock to take.</summary>
    private int HandleOutcome(WoundWaitOutcome outcome, int next)
    {
        if (outcome != WoundWaitOutcome.MustBackOff)
        {
            return next;
        }

        BackOffs++;
        _context.UnlockAll();
        return 0;
    }
}
