// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>How an <see cref="InvalidationNotifier"/> behaves.</summary>
[DebuggerDisplay("{FaultPolicy}, {RememberedInvalidations} remembered")]
public sealed class InvalidationNotifierOptions
{
    /// <summary>What a faulted fence means; <see cref="InvalidationFaultPolicy.Fail"/> by default.</summary>
    public InvalidationFaultPolicy FaultPolicy { get; init; }

    /// <summary>
    /// How many subscribers a session can hold without growing, 1 or more; 16 by default. A session that meets more of them grows once, and
    /// its pooled object keeps that size.
    /// </summary>
    public int SessionCapacity { get; init; } = 16;

    /// <summary>
    /// How many separate invalidated ranges are remembered, 1 to 65,536; 4,096 by default. A range that is invalidated repeatedly counts
    /// once. Beyond this number, the ranges that were invalidated longest ago are joined with their neighbors; a reader that is building in
    /// the gap between two joined ranges has to start again. Other readers are not affected. Takes 64 bytes for each range in use.
    /// </summary>
    public int RememberedInvalidations { get; init; } = 4096;

    /// <summary>
    /// The duration from which a subscriber's callback counts as slow: it is counted, and reported on the event source "FenceKit" with the
    /// stack of the caller that scheduled it. <see cref="Timeout.InfiniteTimeSpan"/>, the default, means never; then no clock is read.
    /// </summary>
    public TimeSpan SlowSubscriberThreshold { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The clock for budgets; <see cref="System.TimeProvider.System"/> by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Creates the pool of sessions; null for a pool of the default size.</summary>
    public ObjectPoolProvider? PoolProvider { get; init; }

    internal void Validate()
    {
        if (FaultPolicy is not (InvalidationFaultPolicy.Fail or InvalidationFaultPolicy.TreatAsQuiesced))
        {
            throw new ArgumentOutOfRangeException(nameof(FaultPolicy), FaultPolicy, "Not a fault policy.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(SessionCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(RememberedInvalidations, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RememberedInvalidations, 65536);
        FenceThrow.IfNotATimeout(SlowSubscriberThreshold);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
