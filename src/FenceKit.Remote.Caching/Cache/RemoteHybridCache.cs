// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;

namespace FenceKit.Remote.Caching;

/// <summary>
/// A <see cref="HybridCache"/> whose entries are in this process's memory, and whose removals are proven: <see cref="RemoveAsync(string, CancellationToken)"/> returns when no
/// process of the domain serves the old value any more, and throws with the names of those who may when its budget ends.
/// </summary>
/// <remarks>
/// <code>
/// Order order = await cache.GetOrCreateAsync($"order/{id}", async token => await database.ReadAsync(id, token), tags: ["orders"]);
///
/// await database.WriteAsync(order);                  // first the origin,
/// await cache.RemoveAsync($"order/{id}");            // then the copies: after this line nobody is served the old order, on any machine
/// </code>
/// <para><b>No stale read</b>: a read that begins after a removal has returned is not served from a copy that was read from the origin before the removal began. That holds
/// for entries that were there, for factories that were running, and for those who wait for one of them. It needs the origin to be written before the removal is called, and
/// the factory to read it, not a second cache that may be behind.</para>
/// <para>Without a lease, and while a key is being removed, factories are called and nothing is kept. A removal by tag covers entries that name the tag when they are
/// made; the tag <c>*</c> is everything.</para>
/// <para><b>Values come from factories alone</b>: <see cref="SetAsync"/> removes the key everywhere and does not keep the value, because nobody can know that it is
/// still the newest. Values are shared between readers, not copied: do not change them. There is no second level and no serialization.</para>
/// <para>Factories of one key run one at a time in a process, and all who ask meanwhile get the result; only those that began before a removal have the old one. A
/// factory is canceled when all who wait for it have given up.</para>
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

    /// <summary>Makes a cache of a node.</summary>
    /// <param name="notifier">The node's notifier.</param>
    /// <param name="node">The node, of all of <see cref="KeySpace.All"/>; it stays the caller's, and is disposed before the cache.</param>
    /// <param name="requester">Whom removals are asked for by, in the node's domain; it stays the caller's.</param>
    /// <param name="options">Budgets and bounds; null for the usual ones.</param>
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

    /// <summary>Gets how many entries are in memory, also those that would not be served any more.</summary>
    public int Count => _memory.Count;

    /// <inheritdoc/>
    /// <remarks>A hit: a lookup, three counters (and two for each tag), and a look at the clock. 0 bytes.</remarks>
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

    /// <summary>Forgets everything. The node goes on; dispose it first, so that nothing is served in between.</summary>
    public void Dispose()
    {
        _node.LeaseLost -= OnLeaseLost;
        _subscription.Dispose();
        _memory.Dispose();
    }

    /// <summary>What it holds, for people.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"cache of {_node.Domain}: {(_node.IsLeased ? "leased" : "no lease")}";

    /// <summary>
    /// The entry is looked at first, then the clock. Both after the read has begun, and that is what counts: a commit that the entry was in the way of comes after
    /// the counter has moved, and one that waited for the lease comes after its end.
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
                    break; // of another type: made anew
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
            return factory(state, cancellationToken); // served, and neither kept nor shared: it may be old by the time the next reader asks
        }

        CacheInstruments.CountRead(_node.Domain, "miss");
        (string, Type) place = (key, typeof(T));
        while (true)
        {
            if (_populations.TryGetValue(place, out Population? running))
            {
                // It read the origin before this read began, so it must be as good as an entry is.
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

    /// <summary>What was dropped meanwhile is not kept. Should it be dropped between the look and the storing, the entry is there and never served.</summary>
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
            // The cache is gone, and the reader gets the value all the same.
        }
    }

    /// <summary>Nothing of it would be served any more: the memory can go.</summary>
    private void OnLeaseLost(object? sender, LeaseLostEventArgs lost) => _memory.Clear();

    private sealed record CacheEntry(CacheKey Key, object? Value);
}
