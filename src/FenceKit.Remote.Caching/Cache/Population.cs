// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;

namespace FenceKit.Remote.Caching;

/// <summary>A read of a value from the origin that is in progress, shared by all concurrent callers.</summary>
internal abstract class Population(CacheKey key)
{
    private int _waiters = 1;

    internal CacheKey Key { get; } = key;

    /// <summary>Adds a waiter. False when all waiters have given up, so that the read is being canceled.</summary>
    internal bool TryJoin()
    {
        int waiters = Volatile.Read(ref _waiters);
        while (waiters > 0)
        {
            int found = Interlocked.CompareExchange(ref _waiters, waiters + 1, waiters);
            if (found == waiters)
            {
                return true;
            }

            waiters = found;
        }

        return false;
    }

    /// <summary>Removes a waiter. True for the last one.</summary>
    protected bool Leave() => Interlocked.Decrement(ref _waiters) == 0;
}

/// <inheritdoc/>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "A source without a timer or a link holds nothing, and the last one who waits may cancel it at any time.")]
internal sealed class Population<T>(CacheKey key) : Population(key)
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();

    /// <summary>Runs the factory; all waiters get its exception.</summary>
    internal async Task RunAsync<TState>(
        TState state, Func<TState, CancellationToken, ValueTask<T>> factory, Action<T> publish, Action finish)
    {
        try
        {
            T value = await factory(state, _abandoned.Token).ConfigureAwait(false);
            publish(value);
            finish(); // before the result is published: later callers find the entry
            _result.TrySetResult(value);
        }
        catch (OperationCanceledException canceled)
        {
            try
            {
                finish();
            }
            finally
            {
                _result.TrySetCanceled(canceled.CancellationToken); // even when this thread is interrupted: other callers wait for it
            }
        }
#pragma warning disable CA1031 // Any exception belongs to the waiters.
        catch (Exception error)
#pragma warning restore CA1031
        {
            try
            {
                finish();
            }
            finally
            {
                _result.TrySetException(error);
                _ = _result.Task.Exception; // waiters get the exception; without any, it must not be reported as unobserved
            }
        }
    }

    internal async ValueTask<T> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _result.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (Leave() && !_result.Task.IsCompleted)
            {
                await _abandoned.CancelAsync().ConfigureAwait(false);
            }
        }
    }
}
