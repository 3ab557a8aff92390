// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="Lock"/> that reports to a validator. With <see cref="LockValidator.IsEnabled"/> off it is the bare lock. <b>Never write
/// <c>lock (x)</c> with it: that compiles, enters another lock (the object's own monitor), and protects nothing.</b> Write <c>using
/// (x.EnterScope())</c>.
/// </summary>
/// <remarks>
/// Thread safe; reentrant like <see cref="Lock"/>. Blocks where <see cref="Lock"/> blocks; allocates only when the validator sees something
/// new. A violation is reported before the lock is acquired; if a sink throws, the lock is not acquired.
/// </remarks>
[DebuggerDisplay("{_map}, held by this thread: {IsHeldByCurrentThread}")]
public sealed class TrackedLock
{
    private readonly Lock _lock = new();
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    // The holder that announced the last successful entry. Written and read only while the lock is held.
    private LockHolder? _holder;

    /// <summary>Creates a lock of a class.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="owner">
    /// The object that <see cref="LockClassOptions.Order"/> compares, or null for the <see cref="Map"/>. Referenced weakly.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public TrackedLock(LockClass lockClass, string? name = null, LockValidator? validator = null, object? owner = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        if (LockValidatorSwitch.IsEnabled)
        {
            _map = new LockMap(lockClass, name) { IsReentrant = true, Owner = owner };
            _validator = validator ?? LockValidator.Default;
        }
    }

    /// <summary>Creates a lock whose class is the source line of this call.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public TrackedLock([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        : this(LockClass.ForSite(null, file, line))
    {
    }

    /// <summary>Whether this thread holds the lock.</summary>
    public bool IsHeldByCurrentThread => _lock.IsHeldByCurrentThread;

    /// <summary>The map of the lock; null while the validator is disabled.</summary>
    public LockMap? Map => _map;

    /// <summary>Enters the lock, waiting without a limit.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (LockValidatorSwitch.IsEnabled)
        {
            EnterTracked(file, line);
        }
        else
        {
            _lock.Enter();
        }
    }

    /// <summary>Enters the lock as one of several of its class, waiting without a limit.</summary>
    /// <param name="options">
    /// The level of this lock (<see cref="LockAcquireOptions.Subclass"/>), or the outer lock that serializes them
    /// (<see cref="LockAcquireOptions.NestedIn"/>).
    /// </param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentException">The options contain a mode or an attempt.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Enter(in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (LockValidatorSwitch.IsEnabled)
        {
            EnterTracked(options, file, line);
        }
        else
        {
            _lock.Enter();
        }
    }

    /// <summary>Enters the lock as one of several of its class, for the duration of a <c>using</c>.</summary>
    /// <param name="options">
    /// The level of this lock (<see cref="LockAcquireOptions.Subclass"/>), or the outer lock that serializes them
    /// (<see cref="LockAcquireOptions.NestedIn"/>).
    /// </param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>A scope; disposing it leaves the lock.</returns>
    /// <exception cref="ArgumentException">The options contain a mode or an attempt.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public Scope EnterScope(in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockValidatorSwitch.IsEnabled ? new Scope(this, EnterScopeTracked(options, file, line)) : new Scope(null, _lock.EnterScope());

    /// <summary>Enters the lock for the duration of a <c>using</c>.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>A scope; disposing it leaves the lock.</returns>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Scope EnterScope([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => LockValidatorSwitch.IsEnabled ? new Scope(this, EnterScopeTracked(file, line)) : new Scope(null, _lock.EnterScope());

    /// <summary>Enters the lock if that is possible without waiting.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds the lock.</returns>
    public bool TryEnter([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (!_lock.TryEnter())
        {
            return false;
        }

        if (LockValidatorSwitch.IsEnabled)
        {
            Announce(file, line);
        }

        return true;
    }

    /// <summary>Enters the lock, waiting for a limited time.</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds the lock.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public bool TryEnter(TimeSpan timeout, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (!LockValidatorSwitch.IsEnabled)
        {
            return _lock.TryEnter(timeout);
        }

        if (timeout == TimeSpan.Zero)
        {
            return TryEnter(file, line);
        }

        LockAttempt attempt = timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed;
        LockHolder holder = _validator!.Acquire(_map!, new LockAcquireOptions { Attempt = attempt }, file, line);
        bool isTaken = false;
        try
        {
            isTaken = _lock.TryEnter(timeout);
        }
        finally
        {
            if (!isTaken)
            {
                _validator.Release(_map!);
            }
        }

        if (isTaken)
        {
            Keep(holder);
        }

        return isTaken;
    }

    /// <summary>Leaves the lock.</summary>
    /// <exception cref="SynchronizationLockException">This thread does not hold the lock.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit()
    {
        if (LockValidatorSwitch.IsEnabled)
        {
            ExitTracked();
        }
        else
        {
            _lock.Exit();
        }
    }

    private void EnterTracked(in LockAcquireOptions options, string? file, int line)
    {
        CheckPlain(options);
        LockHolder holder = _validator!.Acquire(_map!, options, file, line);
        if (!_lock.TryEnter())
        {
            EnterContended();
        }

        Keep(holder);
    }

    private void EnterTracked(string? file, int line)
    {
        LockHolder holder = _validator!.Acquire(_map!, file, line);

        // The lock is nearly always free. The handler that withdraws the announcement is needed only where a wait can be interrupted.
        if (!_lock.TryEnter())
        {
            EnterContended();
        }

        Keep(holder);
    }

    private Lock.Scope EnterScopeTracked(string? file, int line)
    {
        LockHolder holder = _validator!.Acquire(_map!, file, line);
        Lock.Scope scope;
        try
        {
            scope = _lock.EnterScope(); // the scope knows its thread, so leaving is cheaper than by Exit
        }
        catch
        {
            _validator.Release(_map!);
            throw;
        }

        Keep(holder);
        return scope;
    }

    private Lock.Scope EnterScopeTracked(in LockAcquireOptions options, string? file, int line)
    {
        EnterTracked(options, file, line);
        LockHolder holder = _holder!;
        Lock.Scope scope = _lock.EnterScope(); // Entered again, because only that returns a scope; the lock is held, so it cannot fail.
        _lock.Exit();
        Keep(holder);
        return scope;
    }

    private void ExitTracked(scoped ref Lock.Scope scope)
    {
        LockHolder? holder = _holder;
        scope.Dispose();
        holder!.Release(_map!);
    }

    private void ExitTracked()
    {
        // Once the lock is left, the field belongs to the next holder; if this thread does not hold the lock, Exit throws and nothing
        // changes.
        LockHolder? holder = _holder;
        _lock.Exit();
        holder!.Release(_map!);
    }

    private static void CheckPlain(in LockAcquireOptions options)
    {
        if (options is not { Mode: LockAcquireMode.Exclusive, Attempt: LockAttempt.Blocking })
        {
            Misuse.ThrowNotPlain(nameof(options));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Keep(LockHolder holder)
    {
        if (!ReferenceEquals(_holder, holder))
        {
            _holder = holder;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterContended()
    {
        try
        {
            _lock.Enter();
        }
        catch
        {
            _validator!.Release(_map!);
            throw;
        }
    }

    private void Announce(string? file, int line)
    {
        try
        {
            Keep(_validator!.Acquire(_map!, new LockAcquireOptions { Attempt = LockAttempt.Try }, file, line));
        }
        catch
        {
            _lock.Exit();
            throw;
        }
    }

    /// <summary>Leaves the lock when it is disposed; disposing it twice does nothing.</summary>
    public ref struct Scope : IDisposable
    {
        private TrackedLock? _owner; // null while the validator is disabled
        private Lock.Scope _scope;

        internal Scope(TrackedLock? owner, Lock.Scope scope)
        {
            _owner = owner;
            _scope = scope;
        }

        /// <summary>Leaves the lock.</summary>
        /// <exception cref="SynchronizationLockException">This thread does not hold the lock.</exception>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
            if (!LockValidatorSwitch.IsEnabled)
            {
                _scope.Dispose();
            }
            else if (_owner is { } owner)
            {
                _owner = null;
                owner.ExitTracked(ref _scope);
            }
        }
    }
}
