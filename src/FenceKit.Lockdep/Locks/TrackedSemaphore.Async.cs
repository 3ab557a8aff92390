// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Awaited permits. They belong to the flow. Release does not say which permit it returns, so it looks for the most likely holder.
public sealed partial class TrackedSemaphore : IAwaitedLock<bool>
{
    private readonly UninterruptedLock _flowLock = new(); // no other code is called under it
    private readonly List<FlowNode> _flowHolds = []; // oldest first; under the lock
    private readonly AwaitedLock? _awaited; // null while the validator is disabled
    // The number of permits acquired while the flow of the execution context was suppressed; their holders are not known. Interlocked.
    private int _unfollowed;

    /// <summary>Acquires a permit for this asynchronous flow, waiting without a limit.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once; the result is true. The permit is held by the awaiting method.</returns>
    /// <remarks>
    /// Thread safe. Does not block. Allocates where the semaphore does and, with the validator enabled, what the execution context needs to
    /// carry the hold.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is acquired.</exception>
    public LockAwaitable<bool> WaitAsync(CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => WaitAsync(null, Timeout.Infinite, file, line, cancellationToken);

    /// <summary>Acquires a permit for this asynchronous flow, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long to wait; zero for a try.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// An awaitable; await it once; the result is true if a permit was acquired. The permit is held by the awaiting method.
    /// </returns>
    /// <inheritdoc cref="WaitAsync(CancellationToken, string, int)" path="/remarks"/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is acquired.</exception>
    public LockAwaitable<bool> WaitAsync(
        TimeSpan timeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => WaitAsync(null, AwaitedLock.Milliseconds(timeout), file, line, cancellationToken);

    /// <summary>Acquires a permit for this asynchronous flow, waiting for a limited time or not at all.</summary>
    /// <param name="millisecondsTimeout">How long to wait; zero for a try, -1 for no limit.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>
    /// An awaitable; await it once; the result is true if a permit was acquired. The permit is held by the awaiting method.
    /// </returns>
    /// <inheritdoc cref="WaitAsync(CancellationToken, string, int)" path="/remarks"/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="millisecondsTimeout"/> is less than -1.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is acquired.</exception>
    public LockAwaitable<bool> WaitAsync(
        int millisecondsTimeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => WaitAsync(null, millisecondsTimeout, file, line, cancellationToken);

    /// <summary>Acquires a permit for a given flow, without the execution context: nothing is allocated for the validator.</summary>
    /// <param name="flow">The flow; pass the same one to <see cref="Release(LockFlow)"/>.</param>
    /// <param name="timeout">How long to wait; zero for a try, <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>An awaitable; await it once; the result is true if a permit was acquired.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    /// <exception cref="OperationCanceledException">Thrown by the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is acquired.</exception>
    public LockAwaitable<bool> WaitAsync(
        LockFlow flow, TimeSpan timeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return WaitAsync(flow, AwaitedLock.Milliseconds(timeout), file, line, cancellationToken);
    }

    /// <summary>
    /// Releases a permit: one that this flow has awaited, or else one of this thread, or else the one that was awaited first.
    /// </summary>
    /// <remarks>Thread safe. Does not block.</remarks>
    /// <exception cref="SemaphoreFullException">All permits are already free.</exception>
    /// <exception cref="LockViolationException">
    /// A throwing sink is installed and no holder of a permit is known that could be released here.
    /// </exception>
    public void Release()
    {
        if (!LockValidatorSwitch.IsEnabled)
        {
            _semaphore.Release();
            return;
        }

        FlowNode? node = TakeFlowHold(out bool isUnfollowed);
        _semaphore.Release();
        if (!isUnfollowed && (node is null || !_validator!.ReleaseHold(node)))
        {
            _validator!.Release(_map!);
        }
    }

    /// <summary>Releases several permits, like that many calls of <see cref="Release()"/>.</summary>
    /// <param name="releaseCount">The number of permits.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="releaseCount"/> is less than 1.</exception>
    /// <exception cref="SemaphoreFullException">Fewer permits were held; those have been released.</exception>
    /// <inheritdoc cref="Release()" path="/remarks"/>
    public void Release(int releaseCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(releaseCount, 1);
        for (int i = 0; i < releaseCount; i++)
        {
            Release();
        }
    }

    /// <summary>Releases a permit that was acquired for a given flow.</summary>
    /// <param name="flow">The flow.</param>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="SemaphoreFullException">All permits are already free.</exception>
    public void Release(LockFlow flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        _semaphore.Release();
        if (LockValidatorSwitch.IsEnabled)
        {
            flow.Release(_map!);
        }
    }

    bool IAwaitedLock<bool>.Complete(bool isTaken, FlowNode? node, LockFlow? flow, LockAcquireMode mode)
    {
        if (node is not null)
        {
            using (_flowLock.EnterScope())
            {
                _flowHolds.Add(node);
            }
        }
        else if (isTaken && _awaited is not null && flow is null)
        {
            Interlocked.Increment(ref _unfollowed);
        }

        return isTaken;
    }

    void IAwaitedLock<bool>.GiveBack(LockAcquireMode mode) => _semaphore.Release();

    private LockAwaitable<bool> WaitAsync(LockFlow? flow, int milliseconds, string? file, int line, CancellationToken cancellationToken)
    {
        PendingWait? pending = _awaited?.Announce(flow, LockAcquireMode.Exclusive, milliseconds, file, line);
        return new LockAwaitable<bool>(this, _semaphore.WaitAsync(milliseconds, cancellationToken), pending);
    }

    private FlowNode? TakeFlowHold(out bool isUnfollowed)
    {
        FlowNode? own = _validator!.FindInFlow(_map!);
        own = own?.Origin ?? own;
        isUnfollowed = false;
        using (_flowLock.EnterScope())
        {
            int index = own is null ? -1 : _flowHolds.LastIndexOf(own);
            if (index < 0 && _validator.IsHeldByThread(_map!))
            {
                return null;
            }

            if (index < 0 && _flowHolds.Count == 0)
            {
                isUnfollowed = _unfollowed > 0 && Interlocked.Decrement(ref _unfollowed) >= 0;
                return null;
            }

            index = Math.Max(index, 0);
            FlowNode taken = _flowHolds[index];
            _flowHolds.RemoveAt(index);
            return taken;
        }
    }
}
