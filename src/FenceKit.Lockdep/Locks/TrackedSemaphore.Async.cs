// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Held;

namespace FenceKit.Lockdep;

// Permits that are awaited. They are the flow's; Release is not told whose permit it gives back, so it looks for the most likely one.
public sealed partial class TrackedSemaphore : IAwaitedLock<bool>
{
    private readonly UninterruptedLock _flowGate = new(); // nothing of anybody's is called under it
    private readonly List<FlowNode> _flowHolds = []; // under the gate, the oldest first
    private readonly AwaitedLock? _awaited; // null while the switch is off
    private int _unfollowed; // interlocked: permits taken while the flow of the context was suppressed; whose they are is not known

    /// <summary>Takes a permit for this asynchronous flow, waiting as long as it takes.</summary>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once; true. The permit is held where it was awaited.</returns>
    /// <remarks>Thread safe. Does not block. Allocates where the semaphore does and, with the validator on, what the execution context needs to carry the hold.</remarks>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is taken.</exception>
    public LockAwaitable<bool> WaitAsync(CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => WaitAsync(null, Timeout.Infinite, file, line, cancellationToken);

    /// <summary>Takes a permit for this asynchronous flow, waiting for a limited time or not at all.</summary>
    /// <param name="timeout">How long; zero for a try.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once; true if there is a permit. It is held where it was awaited.</returns>
    /// <inheritdoc cref="WaitAsync(CancellationToken, string, int)" path="/remarks"/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is taken.</exception>
    public LockAwaitable<bool> WaitAsync(
        TimeSpan timeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => WaitAsync(null, AwaitedLock.Milliseconds(timeout), file, line, cancellationToken);

    /// <summary>Takes a permit for this asynchronous flow, waiting for a limited time or not at all.</summary>
    /// <param name="millisecondsTimeout">How long; zero for a try, -1 for ever.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once; true if there is a permit. It is held where it was awaited.</returns>
    /// <inheritdoc cref="WaitAsync(CancellationToken, string, int)" path="/remarks"/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="millisecondsTimeout"/> is less than -1.</exception>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is taken.</exception>
    public LockAwaitable<bool> WaitAsync(
        int millisecondsTimeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
        => WaitAsync(null, millisecondsTimeout, file, line, cancellationToken);

    /// <summary>Takes a permit for a flow that is named, without the execution context: nothing is allocated for the validator.</summary>
    /// <param name="flow">The flow. <see cref="Release(LockFlow)"/> is to be given the same.</param>
    /// <param name="timeout">How long; zero for a try, <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait with an exception; nothing is held then.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <returns>To be awaited once; true if there is a permit.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite, or too long.</exception>
    /// <exception cref="OperationCanceledException">From the await: the token was canceled.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and there is a violation; no permit is taken.</exception>
    public LockAwaitable<bool> WaitAsync(
        LockFlow flow, TimeSpan timeout, CancellationToken cancellationToken = default, [CallerFilePath] string? file = null, [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(flow);
        return WaitAsync(flow, AwaitedLock.Milliseconds(timeout), file, line, cancellationToken);
    }

    /// <summary>Gives a permit back: one that this flow has awaited, or else one of this thread, or else the one that was awaited first.</summary>
    /// <remarks>Thread safe. Does not block.</remarks>
    /// <exception cref="SemaphoreFullException">All permits are free already.</exception>
    /// <exception cref="LockViolationException">A throwing sink is installed and nobody was seen to hold a permit that could be given back here.</exception>
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

    /// <summary>Gives several permits back, as that many calls of <see cref="Release()"/>.</summary>
    /// <param name="releaseCount">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="releaseCount"/> is less than 1.</exception>
    /// <exception cref="SemaphoreFullException">There are not so many; those there are have been given back.</exception>
    /// <inheritdoc cref="Release()" path="/remarks"/>
    public void Release(int releaseCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(releaseCount, 1);
        for (int i = 0; i < releaseCount; i++)
        {
            Release();
        }
    }

    /// <summary>Gives back a permit that was taken for a flow by name.</summary>
    /// <param name="flow">The flow.</param>
    /// <exception cref="ArgumentNullException"><paramref name="flow"/> is null.</exception>
    /// <exception cref="SemaphoreFullException">All permits are free already.</exception>
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
            using (_flowGate.EnterScope())
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
        using (_flowGate.EnterScope())
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
