// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep;

/// <summary>
/// A lock that is awaited: a counter, and behind it a <see cref="SemaphoreSlim"/> for those who have to wait. Where nobody waits it is two interlocked operations, and
/// the semaphore alone would be four.
/// </summary>
/// <remarks>
/// Counted is who has the lock and who waits for it. Whoever lets it go and leaves somebody counted puts one turn into the semaphore. A turn is taken only by somebody who
/// is counted, so there is never more than one, and none while somebody has the lock.
/// </remarks>
internal sealed class AsyncMutex : IDisposable
{
    private const int Disposed = 1 << 30;

    private static readonly Task<bool> s_taken = Task.FromResult(true);
    private static readonly Task<bool> s_notTaken = Task.FromResult(false);

    private readonly SemaphoreSlim _turns = new(0);
    private int _counted; // interlocked: each change is the pair of all others

    public bool IsTaken => (Volatile.Read(ref _counted) & ~Disposed) != 0; // a look that is old when it is returned

    /// <summary>As <see cref="SemaphoreSlim.WaitAsync(int, CancellationToken)"/>.</summary>
    public Task<bool> WaitAsync(int milliseconds, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        return Interlocked.CompareExchange(ref _counted, 1, 0) == 0 ? s_taken : WaitForTurnAsync(milliseconds, cancellationToken);
    }

    /// <exception cref="SemaphoreFullException">Nobody has it.</exception>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _counted);
        if (left > 0)
        {
            _turns.Release();
        }
        else if (left < 0)
        {
            Interlocked.Increment(ref _counted);
            throw new SemaphoreFullException();
        }
    }

    public void Dispose()
    {
        Interlocked.Or(ref _counted, Disposed); // nobody finds it free any more, and the semaphore says why
        _turns.Dispose();
    }

    private Task<bool> WaitForTurnAsync(int milliseconds, CancellationToken cancellationToken)
    {
        if (milliseconds == 0)
        {
            ObjectDisposedException.ThrowIf((Volatile.Read(ref _counted) & Disposed) != 0, this); // pairs with the change in Dispose
            return s_notTaken;
        }

        if (Interlocked.Increment(ref _counted) == 1)
        {
            return s_taken; // it was let go just now
        }

        return milliseconds == Timeout.Infinite && !cancellationToken.CanBeCanceled
            ? _turns.WaitAsync(Timeout.Infinite, CancellationToken.None)
            : WaitLimitedAsync(milliseconds, cancellationToken);
    }

    private async Task<bool> WaitLimitedAsync(int milliseconds, CancellationToken cancellationToken)
    {
        bool isTaken = false;
        try
        {
            return isTaken = await _turns.WaitAsync(milliseconds, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!isTaken)
            {
                await GiveUpAsync().ConfigureAwait(false);
            }
        }
    }

    // If nobody else is counted, whoever had the lock has counted us and is about to put a turn there: that one is ours, and to be passed on.
    private async Task GiveUpAsync()
    {
        while (true)
        {
            int counted = Volatile.Read(ref _counted);
            if (counted != 1)
            {
                if (Interlocked.CompareExchange(ref _counted, counted - 1, counted) == counted)
                {
                    return;
                }
            }
            else if (await _turns.WaitAsync(millisecondsTimeout: 1).ConfigureAwait(false)) // or somebody else has come and taken it
            {
                Release();
                return;
            }
        }
    }
}
