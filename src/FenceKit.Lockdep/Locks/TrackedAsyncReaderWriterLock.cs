// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// A reader/writer lock that is awaited and may be held across an await: <c>using (await x.ReadLockAsync())</c>. Readers queue behind a
/// waiting writer, so neither side starves; it is not reentrant. Two <see cref="SemaphoreSlim"/> do the waiting. It reports to a validator.
/// </summary>
/// <remarks>Thread safe. Does not block.</remarks>
[DebuggerDisplay("{_awaited?.Map}, {_readers} readers")]
public sealed class TrackedAsyncReaderWriterLock : IAwaitedLock<LockHold>, IHeldLock, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1); // its holder is the next to enter
    private readonly SemaphoreSlim _room = new(1, 1); // held by the writer, or by all readers together
    private readonly UninterruptedLock _lock = new();
    private readonly AwaitedLock? _awaited; // null while the validator is disabled
    private int _readers; // under the lock

    /// <summary>Creates a lock of a class.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public TrackedAsyncReaderWriterLock(LockClass lockClass, string? name = null, LockValidator? validator = null)
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
    public TrackedAsyncReaderWriterLock([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        : this(LockClass.ForSite(null, file, line))
    {
    }

    /// <summary>The map of the lock; null while the validator is disabled.</summary>
    public LockMap? Map => _awaited?.Map;

    LockValidator? IHeldLock.Validator => _awaited?.Validator;

    /// <summary>Enters as a reader for this asynchronous flow, waiting without a limit.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once, where the lock is to be held.</returns>
    /// <remarks>
    /// Does not block. Allocates when it has to wait and, with the validator enabled, what the execution context needs to carry the hold.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the lock is not acquired.
    /// </exception>
    public LockAwaitable<LockHold> ReadLockAsync(
        CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockAsync(null, LockAcquireMode.Shared, file, line, cancellationToken);

    /// <summary>Enters as a reader for a given flow, without the execution context: nothing is allocated for the validator.</summary>
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
    public LockAwaitable<LockHold> ReadLockAsync(
        LockFlow flow, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return LockAsync(flow, LockAcquireMode.Shared, file, line, cancellationToken);
    }

    /// <summary>Enters as the writer for this asynchronous flow, waiting without a limit.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once, where the lock is to be held.</returns>
    /// <inheritdoc cref="ReadLockAsync(CancellationToken, string, int)" path="/remarks"/>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the lock is not acquired.
    /// </exception>
    public LockAwaitable<LockHold> WriteLockAsync(
        CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockAsync(null, LockAcquireMode.Exclusive, file, line, cancellationToken);

    /// <summary>Enters as the writer for a given flow, without the execution context: nothing is allocated for the validator.</summary>
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
    public LockAwaitable<LockHold> WriteLockAsync(
        LockFlow flow, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return LockAsync(flow, LockAcquireMode.Exclusive, file, line, cancellationToken);
    }

    /// <summary>Disposes the wrapped semaphores.</summary>
    public void Dispose()
    {
        _awaited?.Validator.Retire(_awaited.Map);
        _turn.Dispose();
        _room.Dispose();
    }

    LockHold IAwaitedLock<LockHold>.Complete(bool isTaken, FlowNode? node, LockFlow? flow, LockAcquireMode mode) => new(this, (object?)node ?? flow, mode);

    void IAwaitedLock<LockHold>.GiveBack(LockAcquireMode mode) => Leave(mode);

    void IHeldLock.GiveBack(in LockHold hold)
    {
        if (_awaited is not null)
        {
            (hold.Holder as LockFlow)?.Release(_awaited.Map);
        }

        Leave(hold.Mode);
    }

    // Leaving needs the mode, whether the validator is enabled or not.
    private LockAwaitable<LockHold> LockAsync(LockFlow? flow, LockAcquireMode mode, string? file, int line, CancellationToken cancellationToken)
    {
        PendingWait? pending = _awaited is null
            ? mode == LockAcquireMode.Shared ? PendingWait.OfReader : null
            : _awaited.Announce(flow, mode, Timeout.Infinite, file, line);
        Task<bool> wait = mode == LockAcquireMode.Shared ? EnterAsReader(cancellationToken) : EnterAsWriter(cancellationToken);
        return new LockAwaitable<LockHold>(this, wait, pending);
    }

    private async Task<bool> EnterAsReader(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!TryJoinReaders())
            {
                await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
                using (_lock.EnterScope())
                {
                    _readers = 1; // other readers enter only with the turn, which this one has
                }
            }
        }
        finally
        {
            _turn.Release();
        }

        return true;
    }

    private bool TryJoinReaders()
    {
        using (_lock.EnterScope())
        {
            _readers += _readers > 0 ? 1 : 0;
            return _readers > 0;
        }
    }

    private async Task<bool> EnterAsWriter(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        return true;
    }

    private void Leave(LockAcquireMode mode)
    {
        using (_lock.EnterScope())
        {
            if (mode == LockAcquireMode.Shared && --_readers > 0)
            {
                return;
            }
        }

        _room.Release();
    }
}
