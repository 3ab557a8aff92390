// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Extensions;

/// <summary>One device queue of the container: named options, under the name of the queue. Read once, when the queue is made.</summary>
/// <remarks>The properties are those of <see cref="DeviceQueueOptions"/>, with the same meaning and the same values unless said otherwise.</remarks>
[DebuggerDisplay("{Capacity} commands, {Depth} at the device, {Dispatch}")]
public sealed class FenceKitDeviceQueueOptions
{
    private static readonly DeviceQueueOptions s_usual = new();

    /// <summary>As <see cref="DeviceQueueOptions.Capacity"/>.</summary>
    public int Capacity { get; set; } = s_usual.Capacity;

    /// <summary>As <see cref="DeviceQueueOptions.Depth"/>.</summary>
    public int Depth { get; set; } = s_usual.Depth;

    /// <summary>As <see cref="DeviceQueueOptions.BatchSize"/>.</summary>
    public int BatchSize { get; set; } = s_usual.BatchSize;

    /// <summary>As <see cref="DeviceQueueOptions.MaxDependencies"/>.</summary>
    public int MaxDependencies { get; set; } = s_usual.MaxDependencies;

    /// <summary>As <see cref="DeviceQueueOptions.MaxRanges"/>.</summary>
    public int MaxRanges { get; set; } = s_usual.MaxRanges;

    /// <summary>As <see cref="DeviceQueueOptions.MaxUnmaps"/>.</summary>
    public int MaxUnmaps { get; set; } = s_usual.MaxUnmaps;

    /// <summary>As <see cref="DeviceQueueOptions.RetainedFaults"/>.</summary>
    public int RetainedFaults { get; set; } = s_usual.RetainedFaults;

    /// <summary>As <see cref="DeviceQueueOptions.HangTimeout"/>.</summary>
    public TimeSpan HangTimeout { get; set; } = s_usual.HangTimeout;

    /// <summary>As <see cref="DeviceQueueOptions.DependencyTimeout"/>.</summary>
    public TimeSpan DependencyTimeout { get; set; } = s_usual.DependencyTimeout;

    /// <summary>As <see cref="DeviceQueueOptions.DrainTimeout"/>. The time that the host has to shut down ends it earlier.</summary>
    public TimeSpan DrainTimeout { get; set; } = s_usual.DrainTimeout;

    /// <summary>As <see cref="DeviceQueueOptions.IsUnordered"/>.</summary>
    public bool IsUnordered { get; set; }

    /// <summary>As <see cref="DeviceQueueOptions.Dispatch"/>.</summary>
    public DeviceDispatch Dispatch { get; set; } = s_usual.Dispatch;

    internal DeviceQueueOptions ToQueue(TimeProvider clock) => new()
    {
        Capacity = Capacity,
        Depth = Depth,
        BatchSize = BatchSize,
        MaxDependencies = MaxDependencies,
        MaxRanges = MaxRanges,
        MaxUnmaps = MaxUnmaps,
        RetainedFaults = RetainedFaults,
        HangTimeout = HangTimeout,
        DependencyTimeout = DependencyTimeout,
        DrainTimeout = DrainTimeout,
        IsUnordered = IsUnordered,
        Dispatch = Dispatch,
        TimeProvider = clock,
    };
}
