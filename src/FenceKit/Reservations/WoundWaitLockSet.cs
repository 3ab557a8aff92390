// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit;

/// <summary>Takes any set of locks of a class in any order, and backs off and tries again by itself until it holds them all.</summary>
/// <remarks>
/// <b>Thread safety</b>: one thread (or async flow) at a time. <b>Allocates</b>: the constructor; otherwise nothing.
/// </remarks>
[DebuggerDisplay("{Count} held")]
public sealed class WoundWaitLockSet : IDisposable
{
    private readonly WoundWaitContext _context; // begins anew with each attempt
    private bool _isOpen;

    /// <summary>Creates an empty set.</summary>
    /// <param name="lockClass">The class of the locks.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public WoundWaitLockSet(WoundWaitClass lockClass)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        _context = new WoundWaitContext(lockClass);
    }

    /// <summary>How many locks the set holds.</summary>
    public int Count => _context.HeldLocks;

    /// <summary>How often it has backed off since it was made.</summary>
    public long BackOffs { get; private set; }

    /// <summary>Takes all locks, or none.</summary>
    /// <param name="locks">The locks, in any order; one that stands there twice is taken once.</param>
    /// <param name="timeout">How long at most for all together.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    /// <returns>False when the time ran out; nothing is held then.</returns>
    /// <exception cref="InvalidOperationException">The set holds locks already.</exception>
    /// <exception cref="ArgumentException">A lock is of another class.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public bool Lock(ReadOnlySpan<WoundWaitLock> locks, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        Begin();
        bool complete = false;
        try
        {
            int next = TakeFree(locks);
            WaitBudget budget = next == locks.Length ? default : WaitBudget.Start(TimeProvider.System, timeout); // a clock is read only to wait
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

                next = Account(outcome, contended is null ? next + 1 : 0);
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

    /// <summary>Takes all locks of the set, without blocking a thread.</summary>
    /// <param name="locks">The locks, in any order.</param>
    /// <param name="timeout">How long at most for all together.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    /// <returns>
    /// The wait, which has begun: false when the time ran out; nothing is held then. Await it once; the code after it never runs on the stack of
    /// the thread that ends the wait.
    /// </returns>
    /// <inheritdoc cref="Lock"/>
    public ValueTask<bool> LockAsync(ReadOnlyMemory<WoundWaitLock> locks, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockAsync(locks, timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <inheritdoc cref="LockAsync(ReadOnlyMemory{WoundWaitLock}, TimeSpan, CancellationToken)"/>
    /// <param name="locks">The locks, in any order.</param>
    /// <param name="timeout">How long at most for all together.</param>
    /// <param name="resumption">Where the wait itself goes on when it is woken.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is held then.</param>
    internal ValueTask<bool> LockAsync(
        ReadOnlyMemory<WoundWaitLock> locks, TimeSpan timeout, FenceContinuation resumption, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        ValueTask<bool> wait = LockAllAsync(locks, timeout, resumption, cancellationToken);
        return FenceContract.IsChecked ? WoundWaitAdoption<bool>.Of(wait, _context.AdoptHolds) : wait;
    }

    /// <summary>Gives all locks back; the set can be used again.</summary>
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

                next = Account(outcome, contended is null ? next + 1 : 0);
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

    /// <summary>
    /// The usual case: takes the locks as long as they are free, which needs neither a clock nor a queue.
    /// </summary>
    /// <returns>The first that is not free, or is held by the set already; all the rest is for the caller.</returns>
    private int TakeFree(ReadOnlySpan<WoundWaitLock> locks)
    {
        if (FenceContract.IsChecked)
        {
            return 0; // the validator judges a lock that is waited for otherwise than one that is only tried
        }

        int next = 0;
        while (next < locks.Length && locks[next].TryLock(_context))
        {
            next++;
        }

        return next;
    }

    /// <summary>Gives everything back where it has to; says which lock comes next.</summary>
    private int Account(WoundWaitOutcome outcome, int next)
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
