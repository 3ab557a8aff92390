// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="Mutex"/>; with a name it is shared between processes. It reports to a validator; when the validator is disabled, it is the
/// bare mutex.
/// </summary>
/// <remarks>
/// Thread safe. It belongs to a thread, which may acquire it again. To the validator, all mutexes with the same name are one lock.
/// </remarks>
[DebuggerDisplay("{_map}")]
public sealed class TrackedMutex : IDisposable
{
    private static readonly ConcurrentDictionary<string, LockMap> s_named = new(StringComparer.Ordinal);

    private readonly Mutex _mutex;
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    /// <summary>Opens or creates a mutex, without acquiring it.</summary>
    /// <param name="lockClass">The class; of mutexes with the same name, that of the first counts.</param>
    /// <param name="name">The name that processes share, or null for a mutex that only this object uses.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    /// <exception cref="IOException">The name is not allowed.</exception>
    /// <exception cref="WaitHandleCannotBeOpenedException">The name belongs to another kind of object.</exception>
    public TrackedMutex(LockClass lockClass, string? name = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        _mutex = new Mutex(initiallyOwned: false, name);
        if (LockValidatorSwitch.IsEnabled)
        {
            _map = string.IsNullOrEmpty(name)
                ? new LockMap(lockClass) { IsReentrant = true }
                : s_named.GetOrAdd(name, static (key, first) => new LockMap(first, key) { IsReentrant = true }, lockClass);
            _validator = validator ?? LockValidator.Default;
        }
    }

    /// <summary>The map of the mutex; null while the validator is disabled.</summary>
    public LockMap? Map => _map;

    /// <summary>Acquires the mutex, waiting without a limit.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="AbandonedMutexException">
    /// The thread that held the mutex ended without releasing it. This thread holds it now.
    /// </exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the mutex is not acquired.
    /// </exception>
    public void WaitOne([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) => _ = WaitOne(Timeout.InfiniteTimeSpan, file, line);

    /// <summary>Acquires the mutex, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds the mutex.</returns>
    /// <exception cref="AbandonedMutexException">
    /// The thread that held the mutex ended without releasing it. This thread holds it now.
    /// </exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the mutex is not acquired.
    /// </exception>
    public bool WaitOne(TimeSpan timeout, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (!LockValidatorSwitch.IsEnabled)
        {
            return _mutex.WaitOne(timeout);
        }

        LockAttempt attempt = timeout == TimeSpan.Zero ? LockAttempt.Try : timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed;
        if (attempt == LockAttempt.Try)
        {
            return _mutex.WaitOne(timeout) && Announced(file, line);
        }

        _validator!.Acquire(_map!, new LockAcquireOptions { Attempt = attempt }, file, line);
        bool isTaken = false;
        try
        {
            isTaken = _mutex.WaitOne(timeout);
        }
        catch (AbandonedMutexException)
        {
            isTaken = true;
            throw;
        }
        finally
        {
            if (!isTaken)
            {
                _validator.Release(_map!);
            }
        }

        return isTaken;
    }

    /// <summary>Releases the mutex once; a thread that acquired it several times releases it as many times.</summary>
    /// <exception cref="ApplicationException">This thread does not hold the mutex.</exception>
    public void ReleaseMutex()
    {
        _mutex.ReleaseMutex();
        if (LockValidatorSwitch.IsEnabled)
        {
            _validator!.Release(_map!);
        }
    }

    /// <summary>Closes the wrapped mutex.</summary>
    public void Dispose()
    {
        if (LockValidatorSwitch.IsEnabled && _map!.Name is null)
        {
            _validator!.Retire(_map); // a named mutex is shared, so its map stays
        }

        _mutex.Dispose();
    }

    private bool Announced(string? file, int line)
    {
        try
        {
            _validator!.Acquire(_map!, new LockAcquireOptions { Attempt = LockAttempt.Try }, file, line);
            return true;
        }
        catch
        {
            _mutex.ReleaseMutex();
            throw;
        }
    }
}
