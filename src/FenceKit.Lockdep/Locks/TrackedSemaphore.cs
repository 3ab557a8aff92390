// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="SemaphoreSlim"/> that is used as a lock. It reports to a validator; when the validator is disabled, it is the bare
/// semaphore. <b>Never write <c>lock (x)</c> with it: that compiles, enters another lock (the object's own monitor), and protects
/// nothing.</b> Call <see cref="Wait(string, int)"/> or <see cref="WaitAsync(CancellationToken, string, int)"/>, and
/// <see cref="Release()"/>.
/// </summary>
/// <remarks>
/// Thread safe. A permit of <c>Wait</c> belongs to the thread; releasing it on another thread is reported. A permit of <c>WaitAsync</c>
/// belongs to the asynchronous flow, may be held across an await, and is released by the flow that calls <see cref="Release()"/>. Blocks
/// where the wrapped semaphore blocks. <c>Wait</c> allocates only when the validator sees something new.
/// </remarks>
[DebuggerDisplay("{_map}, {CurrentCount} of {Capacity} free")]
public sealed partial class TrackedSemaphore : IDisposable
{
    private readonly SemaphoreSlim _semaphore;
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    /// <summary>Creates a semaphore of a class with all permits free.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="capacity">The number of permits.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public TrackedSemaphore(LockClass lockClass, int capacity = 1, string? name = null, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        _semaphore = new SemaphoreSlim(capacity, capacity);
        if (LockValidatorSwitch.IsEnabled)
        {
            _map = new LockMap(lockClass, name, capacity);
            _validator = validator ?? LockValidator.Default;
            _awaited = new AwaitedLock(_map, _validator);
        }
    }

    /// <summary>The number of permits.</summary>
    public int Capacity { get; }

    /// <summary>The number of free permits.</summary>
    public int CurrentCount => _semaphore.CurrentCount;

    /// <summary>The map of the semaphore; null while the validator is disabled.</summary>
    public LockMap? Map => _map;

    /// <summary>Acquires a permit, waiting without a limit.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) => _ = Wait(Timeout.InfiniteTimeSpan, default, file, line);

    /// <summary>Acquires a permit, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now holds a permit.</returns>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public bool Wait(
        TimeSpan timeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        if (!LockValidatorSwitch.IsEnabled)
        {
            return _semaphore.Wait(timeout, cancellationToken);
        }

        bool isTry = timeout == TimeSpan.Zero;
        if (isTry)
        {
            return _semaphore.Wait(timeout, cancellationToken) && Announced(file, line);
        }

        LockAttempt attempt = timeout == Timeout.InfiniteTimeSpan ? LockAttempt.Blocking : LockAttempt.Timed;
        _validator!.Acquire(_map!, new LockAcquireOptions { Attempt = attempt }, file, line);
        bool isTaken = false;
        try
        {
            isTaken = _semaphore.Wait(timeout, cancellationToken);
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

    /// <summary>Disposes the wrapped semaphore.</summary>
    public void Dispose()
    {
        if (LockValidatorSwitch.IsEnabled)
        {
            _validator!.Retire(_map!);
        }

        _semaphore.Dispose();
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
            _semaphore.Release();
            throw;
        }
    }
}
