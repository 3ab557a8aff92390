// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;

namespace FenceKit.Remote.Caching;

/// <summary>
/// A <see cref="HybridCache"/> whose entries are in this process's memory, and whose removals are proven:
/// <see cref="RemoveAsync(string, CancellationToken)"/> returns when no process of the domain serves the old value any more. If its budget
/// ends before, it throws with the names of the nodes that may.
/// </summary>
/// <remarks>
/// <code>
/// Order order = await cache.GetOrCreateAsync($"order/{id}", async token => await database.ReadAsync(id, token), tags: ["orders"]);
///
/// await database.WriteAsync(order);                  // first the origin,
/// await cache.RemoveAsync($"order/{id}");            // then the copies: after this line nobody is served the old order, on any machine
/// </code>
/// <para><b>No stale read</b>: a read that begins after a removal has returned is not served from a copy that was read from the origin
/// before the removal began. That holds for existing entries, for running factories, and for callers that wait for one. It requires that
/// the origin is written before the removal is called, and that the factory reads the origin, not a second cache that may be behind.</para>
/// <para>Without a lease, and while a key is being removed, factories are called and their results are not kept. A removal by tag covers
/// entries that were created with the tag; the tag <c>*</c> covers everything.</para>
/// <para><b>Values come from factories alone</b>: <see cref="SetAsync"/> removes the key everywhere and does not keep the value, because it
/// may no longer be the newest. Values are shared between readers, not copied: do not change them. There is no second level and no
/// serialization.</para>
/// <para>Factories of one key run one at a time in a process, and all concurrent callers get the result; only callers that began before a
/// removal get the old one. A factory is canceled when all its waiters have given up.</para>
/// <para><b>Thread safety</b>: every member may be called from any thread at any time. A hit allocates nothing and does not block.</para>
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class RemoteHybridCache : HybridCache, IDisposable
{
    private readonly RemoteInvalidationNode _node;
    private readonly RemoteInvalidationRequester _requester;
    private readonly RemoteHybridCacheOptions _options;
    private readonly DropStamps _stamps = new();
    private readonly InvalidationSubscription _subscription;
    private readonly MemoryCache _memory;
    private readonly ConcurrentDictionary<(string Key, Type Type), Population> _populations = new();

    /// <summary>Creates a cache for a node.</summary>
    /// <param name="notifier">The node's notifier.</param>
    /// <param name="node">The node, for all of <see cref="KeySpace.All"/>. The caller keeps it, and disposes it before the cache.</param>
    /// <param name="requester">The requester for removals, in the node's domain. The caller keeps and disposes it.</param>
    /// <param name="options">Budgets and bounds; null for the defaults.</param>
    /// <exception cref="ArgumentException">The requester is of another domain.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The notifier is disposed.</exception>
    public RemoteHybridCache(
        InvalidationNotifier notifier, RemoteInvalidationNode node, RemoteInvalidationRequester requester, RemoteHybridCacheOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(requester);
        if (node.Domain != requester.Domain)
        {
            throw new ArgumentException($"The node is of the domain {node.Domain}, the requester of {requester.Domain}.", nameof(requester));
        }

        _options = options ?? new RemoteHybridCacheOptions();
        _options.Validate();
        _node = node;
        _requester = requester;
        _memory = new MemoryCache(new MemoryCacheOptions { SizeLimit = _options.MaximumEntries });
        _subscription = notifier.Subscribe(KeySpace.All, _stamps, $"cache of {node.Domain}");
        _node.LeaseLost += OnLeaseLost;
    }

    /// <summary>Gets the number of entries in memory, including those that would not be served any more.</summary>
    public int Count => _memory.Count;

    /// <inheritdoc/>
    /// <remarks>
    /// A hit takes a lookup, reads of three counters (and two for each tag), and a read of the clock. It allocates nothing.
    /// </remarks>
    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(factory);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        HybridCacheEntryFlags flags = options?.Flags ?? HybridCacheEntryFlags.None;
        if ((flags & HybridCacheEntryFlags.DisableLocalCacheRead) == 0 && TryGet(key, out T value))
        {
            CacheInstruments.CountRead(_node.Domain, "hit");
            return new ValueTask<T>(value);
        }

        return (flags & HybridCacheEntryFlags.DisableUnderlyingData) == 0
            ? PopulateAsync(key, state, factory, options, tags, cancellationToken)
            : default;
    }

    /// <summary>Removes all entries. The node stays; dispose it first, so that nothing is served in between.</summary>
    public void Dispose()
    {
        _node.LeaseLost -= OnLeaseLost;
        _subscription.Dispose();
        _memory.Dispose();
    }

    /// <summary>Describes the cache for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"cache of {_node.Domain}: {(_node.IsLeased ? "leased" : "no lease")}";

    /// <summary>
    /// Checks the entry first, then the clock, both after the read has begun. That suffices: a commit that had to wait for the entry comes
    /// after the counter has changed, and one that waited for the lease comes after its end.
    /// </summary>
    private bool TryGet<T>(string key, out T value)
    {
        if (_memory.TryGetValue(key, out object? found) && found is CacheEntry entry && entry.Key.IsCurrent && _node.IsLeased)
        {
            switch (entry.Value)
            {
                case T typed:
                    value = typed;
                    return true;
                case null when default(T) is null:
                    value = default!;
                    return true;
                default:
                    break; // of another type: created again
            }
        }

        value = default!;
        return false;
    }

    private ValueTask<T> PopulateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options,
        IEnumerable<string>? tags,
        CancellationToken cancellationToken)
    {
        CacheKey taken = new(_stamps, key, tags);
        if (!taken.IsOpen(_subscription))
        {
            CacheInstruments.CountRead(_node.Domain, "bypass");
            return factory(state, cancellationToken); // served, but neither kept nor shared: it may be old when the next reader comes
        }

        CacheInstruments.CountRead(_node.Domain, "miss");
        (string, Type) place = (key, typeof(T));
        while (true)
        {
            if (_populations.TryGetValue(place, out Population? running))
            {
                // It read the origin before this read began, so it must be as valid as an entry.
                if (running.Key.IsCurrent && _node.IsLeased && running.TryJoin())
                {
                    return ((Population<T>)running).WaitAsync(cancellationToken);
                }

                _populations.TryRemove(new KeyValuePair<(string, Type), Population>(place, running));
                continue;
            }

            Population<T> population = new(taken);
            if (_populations.TryAdd(place, population))
            {
                _ = population.RunAsync(
                    state,
                    factory,
                    value => Publish(key, taken, value, options),
                    () => _populations.TryRemove(new KeyValuePair<(string, Type), Population>(place, population)));
                return population.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>
    /// Stores a value, unless it was dropped in the meantime. If it is dropped between the check and the store, the entry exists but is
    /// never served.
    /// </summary>
    private void Publish<T>(string key, CacheKey taken, T value, HybridCacheEntryOptions? options)
    {
        if ((options?.Flags & HybridCacheEntryFlags.DisableLocalCacheWrite) is not (null or 0) || !taken.IsCurrent)
        {
            return;
        }

        try
        {
            using ICacheEntry stored = _memory.CreateEntry(key);
            stored.Value = new CacheEntry(taken, value);
            stored.AbsoluteExpirationRelativeToNow = options?.LocalCacheExpiration ?? options?.Expiration ?? _options.Expiration;
            if (_options.MaximumEntries is not null)
            {
                stored.Size = 1;
            }
        }
        catch (ObjectDisposedException)
        {
            // The cache is disposed; the reader still gets the value.
        }
    }

    /// <summary>Frees the memory: no entry would be served any more.</summary>
    private void OnLeaseLost(object? sender, LeaseLostEventArgs lost) => _memory.Clear();

    private sealed record CacheEntry(CacheKey Key, object? Value);
}
