// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>
/// A lock for acquiring sets of locks in any order without deadlock: when two contexts want each other's locks, the younger one is told to
/// back off. Without a context it is a plain lock. Not recursive, and not bound to a thread: it may be held over an await. Modeled on the
/// kernel's ww_mutex.
/// </summary>
/// <remarks>
/// <code>
/// using WoundWaitContext context = new(lockClass);
/// // Lock a; Lock b: MustBackOff? Unlock a; LockSlow b; Lock a; ...   or let WoundWaitLockSet do it.
/// </code>
/// <para><b>Thread safety</b>: every member may be called from any thread; a context may be used by one thread at a time.</para>
/// <para><b>Allocates</b>: the constructor; nothing in steady state.</para>
/// </remarks>
[DebuggerDisplay("{DebuggerDisplay,nq}")]
public sealed partial class WoundWaitLock
{
    private SpinningLock _lock;

    // Under the spinning lock. A free lock has no waiters: unlocking passes the lock on to the first waiter.
    private bool _isHeld;
    private WoundWaitContext? _holder; // null: held without a context, or not held
    private WoundWaiter? _first;       // waiters with a context are ordered by age, those without a context by arrival
    private WoundWaiter? _last;
    private ulong _acquisitions;

    /// <summary>The neighbors in the list of locks that the holding context has taken. Written only by that context.</summary>
    internal WoundWaitLock? TakenBefore;

    /// <inheritdoc cref="TakenBefore"/>
    internal WoundWaitLock? TakenAfter;

    /// <summary>Creates a lock.</summary>
    /// <param name="lockClass">The class of locks that are taken together with this one.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public WoundWaitLock(WoundWaitClass lockClass)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        Class = lockClass;
        ContractMap = FenceContract.SetLockMap(lockClass.Name);
    }

    /// <summary>The class of locks that are taken together with this one.</summary>
    public WoundWaitClass Class { get; }

    /// <summary>Whether the lock is held at this moment.</summary>
    public bool IsHeld => Volatile.Read(ref _isHeld);

    /// <summary>The number of acquisitions so far; it identifies the present one.</summary>
    internal ulong Acquisitions => Volatile.Read(ref _acquisitions);

    /// <summary>Takes the lock if it is free. Never waits, so it never requires a back-off.</summary>
    /// <param name="context">The context that takes the lock; null for none.</param>
    /// <returns>True if this call has taken the lock.</returns>
    /// <exception cref="InvalidOperationException"><see cref="WoundWaitContext.Done"/> was called, or the context must back off first.</exception>
    public bool TryLock(WoundWaitContext? context = null)
    {
        context?.CheckMayLock(this, slow: false);
        bool isTaken;
        using (_lock.EnterScope())
        {
            isTaken = TryTakeLocked(context);
        }

        if (FenceContract.IsChecked && isTaken)
        {
            AnnounceTaken(context);
        }

        return isTaken;
    }

    /// <summary>Takes the lock for a context.</summary>
    /// <param name="context">The context that takes the lock.</param>
    /// <param name="timeout">The longest time to wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the lock was acquired, was held before, or the context must back off.</returns>
    /// <exception cref="ArgumentException">The context belongs to another class.</exception>
    /// <exception cref="InvalidOperationException">
    /// <see cref="WoundWaitContext.Done"/> was called, or the context was told to back off and has not.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled; the context still holds the locks that it held before.</exception>
    public WoundWaitOutcome Lock(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Lock(context, timeout, slow: false, cancellationToken);

    /// <summary>Takes the lock for a context, without a time limit.</summary>
    /// <param name="context">The context that takes the lock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the lock was acquired, was held before, or the context must back off.</returns>
    /// <inheritdoc cref="Lock(WoundWaitContext, TimeSpan, CancellationToken)"/>
    public WoundWaitOutcome Lock(WoundWaitContext context, CancellationToken cancellationToken = default) =>
        Lock(context, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>
    /// Waits for the contended lock after a back-off, when the context holds no lock. Never requires a back-off.
    /// <see cref="Lock(WoundWaitContext, TimeSpan, CancellationToken)"/> behaves the same in this situation; this method throws in any other.
    /// </summary>
    /// <param name="context">The context that takes the lock.</param>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Acquired or timed out.</returns>
    /// <exception cref="InvalidOperationException">The context was not told to back off from this lock, or still holds other locks.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public WoundWaitOutcome LockSlow(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Lock(context, timeout, slow: true, cancellationToken);

    /// <summary>Takes the lock for a context, without blocking a thread.</summary>
    /// <param name="context">The context that takes the lock.</param>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// A task for the outcome; the wait has already begun. Await it once. The continuation never runs on the stack of the thread that ends
    /// the wait.
    /// </returns>
    /// <inheritdoc cref="Lock(WoundWaitContext, TimeSpan, CancellationToken)"/>
    public ValueTask<WoundWaitOutcome> LockAsync(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockAsync(context, timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <summary>Takes the lock that a context was told to back off from, without blocking a thread; see <see cref="LockSlow"/>.</summary>
    /// <param name="context">The context that takes the lock.</param>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// A task for the outcome; the wait has already begun. Await it once. The continuation never runs on the stack of the thread that ends
    /// the wait.
    /// </returns>
    /// <inheritdoc cref="LockSlow"/>
    public ValueTask<WoundWaitOutcome> LockSlowAsync(WoundWaitContext context, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockSlowAsync(context, timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <summary>
    /// Takes the lock without a context, as a plain lock. A thread that holds another lock of the class must use a context instead.
    /// </summary>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
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

    /// <summary>Takes the lock without a context and without blocking a thread.</summary>
    /// <param name="timeout">The longest time to wait.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task whose result is false when the time ran out; the wait has already begun. Await it once.</returns>
    /// <remarks>The continuation never runs on the stack of the thread that ends the wait. Allocates nothing in steady state.</remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or beyond 49 days.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public ValueTask<bool> LockAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        LockAsync(timeout, FenceContinuation.ThreadPool, cancellationToken);

    /// <summary>Releases the lock, and passes it on to the first waiter if there is one.</summary>
    /// <param name="context">The context that took it; null if it was taken without one.</param>
    /// <exception cref="SynchronizationLockException">The lock is not held, or is held by another context.</exception>
    public void Unlock(WoundWaitContext? context = null)
    {
        if (FenceContract.IsChecked)
        {
            CheckCount(context);
        }

        WoundWaiter? next = null;
        bool isMine;
        object? hold = null;
        using (_lock.EnterScope())
        {
            isMine = _isHeld && ReferenceEquals(_holder, context);
            if (isMine)
            {
                hold = _contractHold;
                UnlockLocked(context, out next);
            }
        }

        if (!isMine)
        {
            ThrowNotHeld(context);
        }

        // Before the wake-up: a continuation that Wake runs does not hold this lock, so the validator must know of the release.
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

    private WoundWaitOutcome Lock(WoundWaitContext context, TimeSpan timeout, bool slow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        FenceThrow.IfNotATimeout(timeout);
        context.CheckMayLock(this, slow);
        return Enter(context, context.Waiter, timeout, cancellationToken);
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
                isOver = wake.Wait(budget.Remaining, cancellationToken) == FenceStatus.Pending;
            }
            catch
            {
                if (TryFinish(context, waiter, isOver: true, out outcome) && outcome != WoundWaitOutcome.TimedOut)
                {
                    return outcome; // the lock was granted, or a back-off required, before the wait was canceled
                }

                throw;
            }
        }
    }

    private string DebuggerDisplay => $"{Class.Name}: {(!_isHeld ? "free" : _holder is null ? "held" : $"held by #{_holder.Ticket}")}";
}
