// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Caching;

/// <summary>Options of a <see cref="RemoteHybridCache"/>.</summary>
public sealed class RemoteHybridCacheOptions
{
    /// <summary>
    /// Gets the time limit of a removal, at most ten minutes; 30 seconds by default, which is longer than the delay that a dead node and a
    /// new owner can cause with the default lease.
    /// </summary>
    public TimeSpan RemoveBudget { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets how long an entry without an expiration of its own is kept; 5 minutes by default. This limits memory, not staleness: for that
    /// there are removals.
    /// </summary>
    public TimeSpan Expiration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets the maximum number of entries; null, the default, for no limit.</summary>
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
