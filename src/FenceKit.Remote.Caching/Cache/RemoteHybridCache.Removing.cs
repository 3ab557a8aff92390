// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Hybrid;

namespace FenceKit.Remote.Caching;

// Removals: a request to the owner of the domain, which answers when every node has let go or its lease has run out.
public sealed partial class RemoteHybridCache
{
    private const int MostAtOnce = 32;
    private const string Everything = "*";

    /// <summary>Removes a key everywhere, and returns the result.</summary>
    /// <param name="key">The key.</param>
    /// <param name="budget">How long to wait altogether, at most ten minutes.</param>
    /// <param name="cancellationToken">Ends the wait. A removal that has begun continues until its budget is over.</param>
    /// <returns>Completed: no process serves the old value any more. Otherwise the names of the nodes that are waited for.</returns>
    /// <exception cref="ArgumentException"><paramref name="key"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative or longer than ten minutes.</exception>
    /// <exception cref="ObjectDisposedException">The requester is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<RemoteInvalidationResult> InvalidateAsync(string key, TimeSpan budget, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return InvalidateAsync(KeySpace.RangeOf(key), budget, cancellationToken);
    }

    /// <summary>Removes all entries with a tag everywhere, and returns the result.</summary>
    /// <param name="tag">The tag; <c>*</c> for everything.</param>
    /// <param name="budget">How long to wait altogether, at most ten minutes.</param>
    /// <param name="cancellationToken">Ends the wait. A removal that has begun continues until its budget is over.</param>
    /// <returns>Completed: no process serves the old entries any more. Otherwise the names of the nodes that are waited for.</returns>
    /// <exception cref="ArgumentException"><paramref name="tag"/> is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="budget"/> is negative or longer than ten minutes.</exception>
    /// <exception cref="ObjectDisposedException">The requester is disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled first.</exception>
    public ValueTask<RemoteInvalidationResult> InvalidateTagAsync(string tag, TimeSpan budget, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        return InvalidateAsync(tag == Everything ? KeySpace.All : KeySpace.RangeOfTag(tag), budget, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// <b>Removes the key everywhere, like <see cref="RemoveAsync(string, CancellationToken)"/>, and does not keep the value</b>: another
    /// process may since have written a newer one to the origin and removed this one. The next read calls its factory.
    /// </remarks>
    /// <exception cref="RemovalPendingException">The budget of the options is over, and a node may still serve the old value.</exception>
    public override ValueTask SetAsync<T>(
        string key, T value, HybridCacheEntryOptions? options = null, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default) =>
        RemoveAsync(key, cancellationToken);

    /// <summary>Removes a key everywhere.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Ends the wait. A removal that has begun continues.</param>
    /// <returns>A task that ends when no process serves the old value any more.</returns>
    /// <exception cref="ArgumentException"><paramref name="key"/> is null or empty.</exception>
    /// <exception cref="RemovalPendingException">The budget of the options is over, and a node may still serve the old value.</exception>
    public override async ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) =>
        ThrowIfNotCompleted(await InvalidateAsync(key, _options.RemoveBudget, cancellationToken).ConfigureAwait(false));

    /// <summary>Removes keys everywhere, concurrently.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="cancellationToken">Ends the wait. A removal that has begun continues.</param>
    /// <returns>A task that ends when no process serves any of the old values any more.</returns>
    /// <exception cref="ArgumentException">A key is null or empty.</exception>
    /// <exception cref="RemovalPendingException">The budget of the options is over, and a node may still serve an old value.</exception>
    public override ValueTask RemoveAsync(IEnumerable<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return RemoveAllAsync(keys, InvalidateAsync, cancellationToken);
    }

    /// <summary>Removes all entries with a tag everywhere.</summary>
    /// <param name="tag">The tag; <c>*</c> for everything.</param>
    /// <param name="cancellationToken">Ends the wait. A removal that has begun continues.</param>
    /// <returns>A task that ends when no process serves the old entries any more.</returns>
    /// <exception cref="ArgumentException"><paramref name="tag"/> is null or empty.</exception>
    /// <exception cref="RemovalPendingException">The budget of the options is over, and a node may still serve an old entry.</exception>
    public override async ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default) =>
        ThrowIfNotCompleted(await InvalidateTagAsync(tag, _options.RemoveBudget, cancellationToken).ConfigureAwait(false));

    /// <summary>Removes all entries with any of several tags everywhere, concurrently.</summary>
    /// <param name="tags">The tags.</param>
    /// <param name="cancellationToken">Ends the wait. A removal that has begun continues.</param>
    /// <returns>A task that ends when no process serves the old entries any more.</returns>
    /// <exception cref="ArgumentException">A tag is null or empty.</exception>
    /// <exception cref="RemovalPendingException">The budget of the options is over, and a node may still serve an old entry.</exception>
    public override ValueTask RemoveByTagAsync(IEnumerable<string> tags, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return RemoveAllAsync(tags, InvalidateTagAsync, cancellationToken);
    }

    private static void ThrowIfNotCompleted(in RemoteInvalidationResult result)
    {
        if (!result.IsCompleted)
        {
            throw new RemovalPendingException(result);
        }
    }

    private async ValueTask<RemoteInvalidationResult> InvalidateAsync(AddressRange range, TimeSpan budget, CancellationToken cancellationToken)
    {
        _stamps.Drop(range); // local entries at once, whatever the result of the request
        long started = Stopwatch.GetTimestamp();
        RemoteInvalidationResult result = await _requester.InvalidateAsync(range, budget, cancellationToken).ConfigureAwait(false);
        CacheInstruments.CountRemoval(_node.Domain, in result, Stopwatch.GetElapsedTime(started));
        Removed?.Invoke(range, result);
        return result;
    }

    private async ValueTask RemoveAllAsync(
        IEnumerable<string> names, Func<string, TimeSpan, CancellationToken, ValueTask<RemoteInvalidationResult>> invalidate, CancellationToken cancellationToken)
    {
        ConcurrentQueue<RemoteInvalidationResult> unproven = new();
        ParallelOptions sideBySide = new() { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(names, sideBySide, async (name, token) =>
        {
            RemoteInvalidationResult result = await invalidate(name, _options.RemoveBudget, token).ConfigureAwait(false);
            if (!result.IsCompleted)
            {
                unproven.Enqueue(result);
            }
        }).ConfigureAwait(false);
        if (!unproven.IsEmpty)
        {
            InvalidationOutcome worst = unproven.Max(result => result.Outcome);
            throw new RemovalPendingException(new RemoteInvalidationResult(worst, [.. unproven.SelectMany(result => result.Pending).Distinct()]));
        }
    }

    /// <summary>Called for each removal, for the log of the application.</summary>
    internal Action<AddressRange, RemoteInvalidationResult>? Removed { get; set; }
}
