// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A lock of which any set can be taken in any order without deadlock: when two contexts want each other's locks, the younger one is told
/// to back off. As ww_mutex. Without a context it is a plain lock. Not recursive, not bound to a thread: it may be held over an await.
/// </summary>
/// <remarks>
/// <code>
/// using WoundWaitContext context = new(lockClass);
/// // Lock a; Lock b: MustBackOff? Unlock a; LockSlow b; Lock a; ...   or let WoundWaitLockSet do it.
/// </code>
/// <para><b>Thread safety</b>: every member may be called from any thread; a context by one at a time.</para>
/// <para><b>Allocates</b>: the constructor; nothing in steady state.</para>
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public sealed partial class WoundWaitLock
{
    private SpinningLock _lock;

    // Under the spinning lock. A lock that is not held has no waiters: unlocking hands it to the first of them.
    private bool _isHeld;
    private WoundWaitContext? _holder; // null: held without a context, or not held
    private WoundWaiter? _first;       // contexts by age among themselves; those without a context in the order in which they came
    private WoundWaiter? _last;
    private ulong _acquisitions;

    /// <summary>What the context took before it that holds this lock, and still holds. That context's to write, as the next one.</summary>
    internal WoundWaitLock? TakenBefore;

    /// <inheritdoc cref="TakenBefore"/>
    internal WoundWaitLock? TakenAfter;

    /// <summary>Creates a lock.</summary>
    /// <param name="lockClass">The locks that are taken together with it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public WoundWaitLock(WoundWaitClass lockClass)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        Class = lockClass;
        ContractMap = FenceContract.SetLockMap(lockClass.Name);
    }

    /// <summary>The locks that are taken together with it.</summary>
    public WoundWaitClass Class { get; }

    /// <summary>Whether anybody holds the lock at this moment.</summary>
    public bool IsHeld => Volatile.Read(ref _isHeld);

    /// <summary>Which turn of holding this is; changes with every acquisition.</summary>
    internal ulong Acquisitions => Volatile.Read(ref _acquisitions);

    /// <summary>Takes the lock if that needs no waiting. Never a deadlock, so never a back-off.</summary>
    /// <param name="context">For whom; null for none.</param>
    /// <returns>True if the lock is held now and was not before.</returns>
    /// <exception cref="InvalidOperationException">The context has said Done, or has to back off first.</exception>
    public bool TryLock(WoundWaitContext? context = null)
    {
        context?.CheckMayLock(this, slow: false);
        bool isTaken;
        _lock.Enter();
        try
        {
            isTaken = TryTakeLocked(context);
        }
        finally
        {
            _lock.Exit();
        }

        if (FenceContract.IsChecked && isTaken)
        {
            AnnounceTaken(context);
        }

        return isTaken;
    }

    /// <summary>Takes the lock as one of several.</summary>
    /// <param name="context">For whom.</param>
    /// <param name="timeout">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the lock was acquired, was held before, or the context must back off.</returns>
    /// <exception cref="ArgumentException">The context is of another class.</exception>
    /// <exception cref="InvalidOperationException">The context has said Done, or was told to back off and has not.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled; the context holds what it held before.</exception>
    public WoundWaitOutcome Lock(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        FenceThrow.IfNotATimeout(timeout);
        context.CheckMayLock(this, slow: false);
        return Enter(context, context.Waiter, timeout, cancellationToken);
    }

    /// <summary>Takes the lock as one of several, without a time limit.</summary>
    /// <param name="context">For whom.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether the lock was acquired, was held before, or the context must back off.</returns>
    /// <inheritdoc cref="Lock(WoundWaitContext, TimeSpan, CancellationToken)"/>
    public WoundWaitOutcome Lock(WoundWaitContext context, CancellationToken cancellationToken = default) =>
        Lock(context, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// After a back-off, when nothing is held: waits for the lock that was contended. Never told to back off. Lock does the same then;
    /// this one says so, and refuses to be used for anything else.
    /// </summary>
    /// <param name="context">For whom.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Acquired or timed out.</returns>
    /// <exception cref="InvalidOperationException">The context was not told to back off from this lock, or still holds others.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public WoundWaitOutcome LockSlow(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        FenceThrow.IfNotATimeout(timeout);
        context.CheckMayLock(this, slow: true);
        return Enter(context, context.Waiter, timeout, cancellationToken);
    }

    /// <summary>Takes the lock for a context, without blocking a thread.</summary>
    /// <param name="context">For whom.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The wait, which has begun. Await it once; the code after it never runs on the stack of the thread that ends the wait.</returns>
    /// <inheritdoc cref="Lock(WoundWaitContext, TimeSpan, CancellationToken)"/>
    public ValueTask<WoundWaitOutcome> LockAsync(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockAsync(context, timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <summary>Takes the lock that a context was told to back off from, without blocking a thread; see <see cref="LockSlow"/>.</summary>
    /// <param name="context">For whom.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The wait, which has begun. Await it once; the code after it never runs on the stack of the thread that ends the wait.</returns>
    /// <inheritdoc cref="LockSlow"/>
    public ValueTask<WoundWaitOutcome> LockSlowAsync(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockSlowAsync(context, timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <summary>Takes the lock alone, as a plain lock. A thread that holds others of the class must not: use a context.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the time ran out.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public bool Lock(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        FenceThrow.IfNotATimeout(timeout);
        if (!FenceContract.IsChecked && TryLock())
        {
            return true;
        }

        WoundWaiter waiter = WoundWaiter.RentForThread();
        try
        {
            return Enter(null, waiter, timeout, cancellationToken) == WoundWaitOutcome.Acquired;
        }
        finally
        {
            waiter.ReturnToThread();
        }
    }

    /// <summary>Takes the lock alone, without a context and without blocking a thread.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The wait, which has begun: false when the time ran out. Await it once.</returns>
    /// <remarks>The code after it never runs on the stack of the thread that ends the wait. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public ValueTask<bool> LockAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockAsync(timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <summary>Gives the lock to the first that waits, or frees it.</summary>
    /// <param name="context">The context that took it; null if it was taken without one.</param>
    /// <exception cref="SynchronizationLockException">The lock is not held, or by another context.</exception>
    public void Unlock(WoundWaitContext? context = null)
    {
        if (FenceContract.IsChecked)
        {
            CheckCount(context);
        }

        WoundWaiter? next = null;
        bool isMine;
        object? hold = null;
        _lock.Enter();
        try
        {
            isMine = _isHeld && ReferenceEquals(_holder, context);
            if (isMine)
            {
                hold = _contractHold;
                UnlockLocked(context, out next);
            }
        }
        finally
        {
            _lock.Exit();
        }

        if (!isMine)
        {
            ThrowNotHeld(context);
        }

        // The validator first: what the wake-up runs, a continuation, is not done by a holder of this lock.
        try
        {
            if (FenceContract.IsChecked)
            {
                AnnounceUnlocked(context, hold);
            }
        }
        finally
        {
            next?.Wake();
        }
    }

    private WoundWaitOutcome Enter(WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, CancellationToken cancellationToken) =>
        FenceContract.IsChecked
            ? EnterChecked(context, waiter, timeout, cancellationToken)
            : EnterCore(context, waiter, timeout, cancellationToken);

    private WoundWaitOutcome EnterCore(WoundWaitContext? context, WoundWaiter waiter, TimeSpan timeout, CancellationToken cancellationToken)
    {
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
                isOver = wake.Wait(budget.Remaining, cancellationToken) == FenceStatus.Pending;
            }
            catch
            {
                if (TryFinish(context, waiter, isOver: true, out outcome) && outcome != WoundWaitOutcome.TimedOut)
                {
                    return outcome; // granted, or told to back off, before we were canceled
                }

                throw;
            }

            if (isOver && TryFinish(context, waiter, isOver: true, out outcome))
            {
                return outcome;
            }
        }
    }

    private string DebuggerDisplay => $"{Class.Name}: {(!_isHeld ? "free" : _holder is null ? "held" : $"held by #{_holder.Ticket}")}";
}
