// SPDX-License-Identifier: MIT
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>How a <see cref="FenceTimeline"/> behaves. Immutable after construction of the timeline: later changes have no effect.</summary>
public sealed class FenceTimelineOptions
{
    /// <summary>The largest value of <see cref="RetainedFaults"/>.</summary>
    public const int MaxRetainedFaults = 1024;

    /// <summary>
    /// How many faults the timeline remembers, 1 to <see cref="MaxRetainedFaults"/>; 8 unless said otherwise. Neighbouring points that
    /// fault with the same exception count as one. Points older than a forgotten fault read <see cref="FenceStatus.Retired"/>.
    /// </summary>
    public int RetainedFaults { get; init; } = 8;

    /// <summary>The clock of timed waits on this timeline's fences; <see cref="System.TimeProvider.System"/> unless said otherwise.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Makes the pools of waiter nodes for <c>await</c>; null for pools that all timelines of the process share.</summary>
    public ObjectPoolProvider? PoolProvider { get; init; }

    internal static FenceTimelineOptions Default { get; } = new();

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(RetainedFaults, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetainedFaults, MaxRetainedFaults);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
