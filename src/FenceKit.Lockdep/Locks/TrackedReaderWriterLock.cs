// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="ReaderWriterLockSlim"/> that reports to a validator. With <see cref="LockValidator.IsEnabled"/> off it is the bare lock.
/// <b>Never write <c>lock (x)</c> with it: that compiles, enters another lock (the object's own monitor), and protects nothing.</b> Call
/// <see cref="EnterReadLock(string, int)"/> or <see cref="EnterWriteLock(string, int)"/>.
/// </summary>
/// <remarks>Thread safe. Blocks where the wrapped lock blocks; allocates only when the validator sees something new.</remarks>
[DebuggerDisplay("{_map}, readers: {_lock.CurrentReadCount}, written: {_lock.IsWriteLockHeld}")]
public sealed partial class TrackedReaderWriterLock : IDisposable
{
    private readonly ReaderWriterLockSlim _lock;
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    /// <summary>Creates a lock of a class.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <param name="recursionPolicy">Whether a thread that holds the lock may enter it again.</param>
    /// <param name="owner">
    /// The object that <see cref="LockClassOptions.Order"/> compares, or null for the <see cref="Map"/>. Referenced weakly.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    public TrackedReaderWriterLock(
        LockClass lockClass, string? name = null, LockValidator? validator = null, LockRecursionPolicy recursionPolicy = LockRecursionPolicy.NoRecursion, object? owner = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        _lock = new ReaderWriterLockSlim(recursionPolicy);
        if (LockValidatorSwitch.IsEnabled)
        {
            _map = new LockMap(lockClass, name) { IsReentrant = recursionPolicy == LockRecursionPolicy.SupportsRecursion, Owner = owner };
            _validator = validator ?? LockValidator.Default;
        }
    }

    /// <summary>Creates a lock whose class is the source line of this call.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public TrackedReaderWriterLock([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        : this(LockClass.ForSite(null, file, line))
    {
    }

    /// <summary>The map of the lock; null while the validator is disabled.</summary>
    public LockMap? Map => _map;

    /// <summary>Whether this thread holds the lock as a reader.</summary>
    public bool IsReadLockHeld => _lock.IsReadLockHeld;

    /// <summary>Whether this thread holds the lock as the writer.</summary>
    public bool IsWriteLockHeld => _lock.IsWriteLockHeld;

    /// <summary>Whether this thread holds the lock as the upgradeable reader.</summary>
    public bool IsUpgradeableReadLockHeld => _lock.IsUpgradeableReadLockHeld;

    /// <summary>Enters as a reader.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockRecursionException">This thread already holds the lock.</exception>
    public void EnterReadLock([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Shared, Timeout.InfiniteTimeSpan, file, line);

    /// <summary>Enters as a reader; the lock is one of several of its class.</summary>
    /// <param name="options">
    /// The level of this lock (<see cref="LockAcquireOptions.Subclass"/>), or the outer lock that serializes them
    /// (<see cref="LockAcquireOptions.NestedIn"/>).
    /// </param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentException">The options contain a mode or an attempt.</exception>
    /// <exception cref="LockRecursionException">This thread already holds the lock and may not enter it again.</exception>
    public void EnterReadLock(in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Shared, options, file, line);

    /// <summary>Enters as the writer.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockRecursionException">This thread already holds the lock, and not as the upgradeable reader.</exception>
    public void EnterWriteLock([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Exclusive, Timeout.InfiniteTimeSpan, file, line);

    /// <summary>Enters as the writer; the lock is one of several of its class.</summary>
    /// <param name="options">
    /// The level of this lock (<see cref="LockAcquireOptions.Subclass"/>), or the outer lock that serializes them
    /// (<see cref="LockAcquireOptions.NestedIn"/>).
    /// </param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentException">The options contain a mode or an attempt.</exception>
    /// <exception cref="LockRecursionException">This thread already holds the lock and may not enter it again.</exception>
    public void EnterWriteLock(in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Exclusive, options, file, line);

    /// <summary>Enters as the upgradeable reader.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockRecursionException">This thread already holds the lock.</exception>
    public void EnterUpgradeableReadLock([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Upgradeable, Timeout.InfiniteTimeSpan, file, line);

    /// <summary>Enters as the upgradeable reader; the lock is one of several of its class.</summary>
    /// <param name="options">
    /// The level of this lock (<see cref="LockAcquireOptions.Subclass"/>), or the outer lock that serializes them
    /// (<see cref="LockAcquireOptions.NestedIn"/>).
    /// </param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="ArgumentException">The options contain a mode or an attempt.</exception>
    /// <exception cref="LockRecursionException">This thread already holds the lock and may not enter it again.</exception>
    public void EnterUpgradeableReadLock(in LockAcquireOptions options, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Upgradeable, options, file, line);

    /// <summary>Enters as a reader, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds the lock as a reader.</returns>
    public bool TryEnterReadLock(TimeSpan timeout, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Shared, timeout, file, line);

    /// <summary>Enters as the writer, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds the lock as the writer.</returns>
    public bool TryEnterWriteLock(TimeSpan timeout, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Exclusive, timeout, file, line);

    /// <summary>Enters as the upgradeable reader, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds the lock as the upgradeable reader.</returns>
    public bool TryEnterUpgradeableReadLock(TimeSpan timeout, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => Enter(LockAcquireMode.Upgradeable, timeout, file, line);

    /// <summary>Leaves the lock as a reader.</summary>
    /// <exception cref="SynchronizationLockException">This thread does not hold the lock as a reader.</exception>
    public void ExitReadLock()
    {
        _lock.ExitReadLock();
        Left();
    }

    /// <summary>Leaves the lock as the writer.</summary>
    /// <exception cref="SynchronizationLockException">This thread does not hold the lock as the writer.</exception>
    public void ExitWriteLock()
    {
        _lock.ExitWriteLock();
        Left();
    }

    /// <summary>Leaves the lock as the upgradeable reader.</summary>
    /// <exception cref="SynchronizationLockException">This thread does not hold the lock as the upgradeable reader.</exception>
    public void ExitUpgradeableReadLock()
    {
        _lock.ExitUpgradeableReadLock();
        Left();
    }

    /// <summary>Disposes the wrapped lock.</summary>
    /// <exception cref="SynchronizationLockException">The lock is held.</exception>
    public void Dispose()
    {
        if (LockValidatorSwitch.IsEnabled)
        {
            _validator!.Retire(_map!);
        }

        _lock.Dispose();
    }
}
