// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>
/// A <see cref="SemaphoreSlim"/> used as a lock. Reports to a validator; off, it is the bare semaphore.
/// <b>Never write <c>lock (x)</c> with it: that compiles, enters another lock (the object's own monitor), and excludes nobody.</b> Call <see cref="Wait(string, int)"/>
/// or <see cref="WaitAsync(CancellationToken, string, int)"/>, and <see cref="Release()"/>.
/// </summary>
/// <remarks>
/// Thread safe. A permit of <c>Wait</c> belongs to the thread, and giving it back on another one is reported; a permit of <c>WaitAsync</c> belongs to the
/// asynchronous flow, may be held over an await, and is given back by the flow that calls <see cref="Release()"/>. Blocks where the wrapped semaphore blocks.
/// <c>Wait</c> allocates only when the validator sees something new.
/// </remarks>
[DebuggerDisplay("{_map}, {CurrentCount} of {Capacity} free")]
public sealed partial class TrackedSemaphore : IDisposable
{
    private readonly SemaphoreSlim _semaphore;
    private readonly LockMap? _map;
    private readonly LockValidator? _validator;

    /// <summary>Makes a semaphore of a class with all permits free.</summary>
    /// <param name="lockClass">The class.</param>
    /// <param name="capacity">How many permits there are.</param>
    /// <param name="name">The name of this one semaphore in reports, or null for a number.</param>
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

    /// <summary>How many permits there are.</summary>
    public int Capacity { get; }

    /// <summary>How many permits are free.</summary>
    public int CurrentCount => _semaphore.CurrentCount;

    /// <summary>The semaphore as the validator sees it; null while the switch is off.</summary>
    public LockMap? Map => _map;

    /// <summary>Takes a permit, waiting as long as it takes.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation.</exception>
    public void Wait([CallerFilePath] string? file = null, [CallerLineNumber] int line = 0) => _ = Wait(Timeout.InfiniteTimeSpan, default, file, line);

    /// <summary>Takes a permit, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long; zero for a try.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>True if this thread now has a permit.</returns>
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
