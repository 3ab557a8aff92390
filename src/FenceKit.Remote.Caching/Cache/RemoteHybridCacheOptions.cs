// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>How a <see cref="RemoteHybridCache"/> behaves.</summary>
public sealed class RemoteHybridCacheOptions
{
    /// <summary>
    /// Gets how long a removal may take; 30 seconds unless said otherwise, which is longer than a dead node and a new owner can hold one up with the usual lease.
    /// At most ten minutes.
    /// </summary>
    public TimeSpan RemoveBudget { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets how long an entry that names no time of its own is kept; 5 minutes unless said otherwise. For memory, not for freshness: that is what removals are for.
    /// </summary>
    public TimeSpan Expiration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets how many entries are kept at most; null, and unless said otherwise, for no limit.</summary>
    public long? MaximumEntries { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(RemoveBudget, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RemoveBudget, TimeSpan.FromMinutes(10));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Expiration, TimeSpan.Zero);
        if (MaximumEntries is { } entries)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(entries, 1, nameof(MaximumEntries));
        }
    }
}
