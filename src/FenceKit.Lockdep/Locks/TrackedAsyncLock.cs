// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// A lock that is awaited and may be held across an await: <c>using (await x.LockAsync())</c>. It belongs to the asynchronous flow, not to
/// the thread, and is not reentrant. It reports to a validator; when the validator is disabled, it is a bare <see cref="SemaphoreSlim"/>.
/// </summary>
/// <remarks>Thread safe. Does not block. As with <see cref="SemaphoreSlim"/>, waiters are not guaranteed to be served in order.</remarks>
[DebuggerDisplay("{_awaited?.Map}, taken: {IsTaken}")]
public sealed class TrackedAsyncLock : IAwaitedLock<LockHold>, IHeldLock, IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(1, 1);
    private readonly AwaitedLock? _awaited; // null while the validator is disabled

    /// <summary>Creates a lock of a class.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public TrackedAsyncLock(LockClass lockClass, string? name = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        if (LockValidatorSwitch.IsEnabled)
        {
            _awaited = new AwaitedLock(new LockMap(lockClass, name), validator ?? LockValidator.Default);
        }
    }

    /// <summary>Creates a lock whose class is the source line of this call.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public TrackedAsyncLock([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        : this(LockClass.ForSite(null, file, line))
    {
    }

    /// <summary>Whether the lock is held at this moment.</summary>
    public bool IsTaken => _semaphore.CurrentCount == 0;

    /// <summary>The map of the lock; null while the validator is disabled.</summary>
    public LockMap? Map => _awaited?.Map;

    LockValidator? IHeldLock.Validator => _awaited?.Validator;

    /// <summary>Acquires the lock for this asynchronous flow, waiting without a limit.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once, where the lock is to be held.</returns>
    /// <remarks>
    /// Does not block. Allocates where <see cref="SemaphoreSlim"/> does and, with the validator enabled, what the execution context needs
    /// to carry the hold.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the lock is not acquired.
    /// </exception>
    public LockAwaitable<LockHold> LockAsync(CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockAsync(null, Timeout.Infinite, file, line, cancellationToken);

    /// <summary>Acquires the lock for a given flow, without the execution context: nothing is allocated for the validator.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the lock is not acquired.
    /// </exception>
    public LockAwaitable<LockHold> LockAsync(
        LockFlow flow, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return LockAsync(flow, Timeout.Infinite, file, line, cancellationToken);
    }

    /// <summary>Acquires the lock for this asynchronous flow, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once. <see cref="LockHold.IsHeld"/> of the result tells whether the lock is held.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the lock is not acquired.
    /// </exception>
    public LockAwaitable<LockHold> TryLockAsync(
        TimeSpan timeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockAsync(null, AwaitedLock.Milliseconds(timeout), file, line, cancellationToken);

    /// <summary>Disposes the wrapped semaphore.</summary>
    public void Dispose()
    {
        _awaited?.Validator.Retire(_awaited.Map);
        _semaphore.Dispose();
    }

    LockHold IAwaitedLock<LockHold>.Complete(bool isTaken, FlowNode? node, LockFlow? flow, LockAcquireMode mode)
        => isTaken ? new LockHold(this, (object?)node ?? flow, mode) : default;

    void IAwaitedLock<LockHold>.GiveBack(LockAcquireMode mode) => _semaphore.Release();

    void IHeldLock.GiveBack(in LockHold hold)
    {
        if (_awaited is not null)
        {
            (hold.Holder as LockFlow)?.Release(_awaited.Map);
        }

        _semaphore.Release();
    }

    private LockAwaitable<LockHold> LockAsync(LockFlow? flow, int milliseconds, string? file, int line, CancellationToken cancellationToken)
    {
        PendingWait? pending = _awaited?.Announce(flow, LockAcquireMode.Exclusive, milliseconds, file, line);
        return new LockAwaitable<LockHold>(this, _semaphore.WaitAsync(milliseconds, cancellationToken), pending);
    }
}
