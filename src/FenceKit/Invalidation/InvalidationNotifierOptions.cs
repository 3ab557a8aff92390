// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>How an <see cref="InvalidationNotifier"/> behaves.</summary>
[DebuggerDisplay("{FaultPolicy}, {RememberedInvalidations} remembered")]
public sealed class InvalidationNotifierOptions
{
    /// <summary>What a faulted fence means; <see cref="InvalidationFaultPolicy.Fail"/> unless said otherwise.</summary>
    public InvalidationFaultPolicy FaultPolicy { get; init; }

    /// <summary>
    /// How many subscribers a session can hold without growing, 1 or more; 16 unless said otherwise. A session that meets more of them
    /// grows once and stays so in the pool.
    /// </summary>
    public int SessionCapacity { get; init; } = 16;

    /// <summary>
    /// How many ranges that were invalidated are told apart, 1 to 65,536; 4,096 unless said otherwise. A range that is invalidated again and
    /// again counts once, however often. With more ranges than this those that were touched longest ago are joined with their neighbors, and
    /// a reader of what lies between two that are joined while it builds has to start again. Readers elsewhere are never disturbed. 64
    /// bytes each, taken when they are needed.
    /// </summary>
    public int RememberedInvalidations { get; init; } = 4096;

    /// <summary>
    /// From when on a subscriber's callback counts as slow: it is reported on the event source "FenceKit", with the stack of the caller that
    /// scheduled it, and counted. <see cref="Timeout.InfiniteTimeSpan"/> for never, and unless said otherwise: then no clock is read.
    /// </summary>
    public TimeSpan SlowSubscriberThreshold { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The clock of budgets; <see cref="System.TimeProvider.System"/> unless said otherwise.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Makes the pool of sessions; null for a pool of the usual size.</summary>
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
