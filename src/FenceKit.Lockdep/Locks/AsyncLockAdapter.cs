// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

/// <summary>
/// Makes an asynchronous lock of another library visible to the validator: create an adapter beside the lock, and await the library's wait
/// through it: <c>using (await _tracking.Await(_theirs.LockAsync()))</c>.
/// </summary>
/// <remarks>Thread safe. Does not block. The other library does the waiting and decides which waiter is next.</remarks>
[DebuggerDisplay("{_awaited?.Map}")]
public sealed class AsyncLockAdapter
{
    private readonly AwaitedLock? _awaited; // null while the validator is disabled

    /// <summary>Creates the adapter of one lock.</summary>
    /// <param name="lockClass">The class of the lock.</param>
    /// <param name="name">The name of this instance in reports, or null for a number.</param>
    /// <param name="capacity">How many exclusive holders there may be at the same time.</param>
    /// <param name="validator">The validator, or null for <see cref="LockValidator.Default"/>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="lockClass"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is less than 1.</exception>
    public AsyncLockAdapter(LockClass lockClass, string? name = null, int capacity = 1, LockValidator? validator = null)
    {
        ArgumentNullException.ThrowIfNull(lockClass);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (LockValidatorSwitch.IsEnabled)
        {
            _awaited = new AwaitedLock(new LockMap(lockClass, name, capacity), validator ?? LockValidator.Default);
        }
    }

    /// <summary>The map of the lock; null while the validator is disabled.</summary>
    public LockMap? Map => _awaited?.Map;

    /// <summary>Awaits the other library's wait, and records that this flow then holds the lock.</summary>
    /// <typeparam name="TScope">The type of the library's disposable result.</typeparam>
    /// <param name="wait">The wait, which has already begun.</param>
    /// <param name="mode">The mode in which the lock is acquired.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once, where the lock is to be held. Disposing the result disposes the library's result.</returns>
    /// <remarks>Does not block; allocates for the wait.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="wait"/> is null.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and there is a violation; the result of the wait is disposed.
    /// </exception>
    public LockAwaitable<LockHold> Await<TScope>(
        Task<TScope> wait, LockAcquireMode mode = LockAcquireMode.Exclusive, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        where TScope : IDisposable
    {
        ArgumentNullException.ThrowIfNull(wait);
        var taken = new Taken<TScope>(wait, _awaited);
        PendingWait? pending;
        try
        {
            pending = _awaited?.Announce(null, mode, Timeout.Infinite, file, line);
        }
        catch
        {
            wait.GetAwaiter().UnsafeOnCompleted(taken.Abandon);
            throw;
        }

        return new LockAwaitable<LockHold>(taken, taken.WaitAsync(), pending);
    }

    /// <inheritdoc cref="Await{TScope}(Task{TScope}, LockAcquireMode, string, int)"/>
    public LockAwaitable<LockHold> Await<TScope>(
        ValueTask<TScope> wait, LockAcquireMode mode = LockAcquireMode.Exclusive, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        where TScope : IDisposable => Await(wait.AsTask(), mode, file, line);

    /// <summary>A wait, and then its result.</summary>
    private sealed class Taken<TScope>(Task<TScope> wait, AwaitedLock? awaited) : IAwaitedLock<LockHold>, IHeldLock
        where TScope : IDisposable
    {
        public LockValidator? Validator { get; } = awaited?.Validator;

        public async Task<bool> WaitAsync()
        {
            await wait.ConfigureAwait(false);
            return true;
        }

        public LockHold Complete(bool isTaken, FlowNode? node, LockFlow? flow, LockAcquireMode mode) => new(this, (object?)node ?? flow, mode);

        public void GiveBack(LockAcquireMode mode) => wait.Result.Dispose();

        public void GiveBack(in LockHold hold) => wait.Result.Dispose();

        public void Abandon()
        {
            if (wait.IsCompletedSuccessfully)
            {
                wait.Result.Dispose();
            }
        }
    }
}
