// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// A reader/writer lock that is awaited and may be held over an await: <c>using (await x.ReadLockAsync())</c>. Readers queue behind a writer that waits,
/// so neither side starves; nobody may take it twice. Two <see cref="SemaphoreSlim"/> do the waiting. Reports to a validator.
/// </summary>
/// <remarks>Thread safe. Does not block.</remarks>
[DebuggerDisplay("{_awaited?.Map}, {_readers} readers")]
public sealed class TrackedAsyncReaderWriterLock : IAwaitedLock<LockHold>, IHeldLock, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1); // its holder is the next to be let in
    private readonly SemaphoreSlim _room = new(1, 1); // of the writer, or of all readers together
    private readonly UninterruptedLock _gate = new();
    private readonly AwaitedLock? _awaited; // null while the switch is off
    private int _readers; // under the gate

    /// <summary>Makes a lock of a class.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this one lock in reports, or null for a number.</param>
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

    /// <summary>Makes a lock whose class is the place where it is made.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public TrackedAsyncReaderWriterLock([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        : this(LockClass.ForSite(null, file, line))
    {
    }

    /// <summary>The lock as the validator sees it; null while the switch is off.</summary>
    public LockMap? Map => _awaited?.Map;

    LockValidator? IHeldLock.Validator => _awaited?.Validator;

    /// <summary>Lets this asynchronous flow in as a reader, waiting as long as it takes.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once, where the lock is to be held.</returns>
    /// <remarks>Does not block. Allocates where it has to wait and, with the validator on, what the execution context needs to carry the hold.</remarks>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock is not taken.</exception>
    public LockAwaitable<LockHold> ReadLockAsync(
        CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockAsync(null, LockAcquireMode.Shared, file, line, cancellationToken);

    /// <summary>Lets a flow that is named in as a reader, without the execution context: nothing is allocated for the validator.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock is not taken.</exception>
    public LockAwaitable<LockHold> ReadLockAsync(
        LockFlow flow, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return LockAsync(flow, LockAcquireMode.Shared, file, line, cancellationToken);
    }

    /// <summary>Lets this asynchronous flow in as the writer, waiting as long as it takes.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once, where the lock is to be held.</returns>
    /// <inheritdoc cref="ReadLockAsync(CancellationToken, string, int)" path="/remarks"/>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock is not taken.</exception>
    public LockAwaitable<LockHold> WriteLockAsync(
        CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockAsync(null, LockAcquireMode.Exclusive, file, line, cancellationToken);

    /// <summary>Lets a flow that is named in as the writer, without the execution context: nothing is allocated for the validator.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; the lock is not taken.</exception>
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

    // The mode is needed to leave, whether the validator is on or not.
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
                using (_gate.EnterScope())
                {
                    _readers = 1; // others come only with the turn, which is ours
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
        using (_gate.EnterScope())
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
        using (_gate.EnterScope())
        {
            if (mode == LockAcquireMode.Shared && --_readers > 0)
            {
                return;
            }
        }

        _room.Release();
    }
}
