// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit.Extensions;

/// <summary>
/// The options of one device queue of the container: named options, under the name of the queue. Read once, when the queue is created.
/// </summary>
/// <remarks>The properties have the same meanings and defaults as those of <see cref="DeviceQueueOptions"/>.</remarks>
[DebuggerDisplay("{Capacity} commands, {Depth} at the device, {Dispatch}")]
public sealed class FenceKitDeviceQueueOptions
{
    private static readonly DeviceQueueOptions s_usual = new();

    /// <inheritdoc cref="DeviceQueueOptions.Capacity"/>
    public int Capacity { get; set; } = s_usual.Capacity;

    /// <inheritdoc cref="DeviceQueueOptions.Depth"/>
    public int Depth { get; set; } = s_usual.Depth;

    /// <inheritdoc cref="DeviceQueueOptions.BatchSize"/>
    public int BatchSize { get; set; } = s_usual.BatchSize;

    /// <inheritdoc cref="DeviceQueueOptions.MaxDependencies"/>
    public int MaxDependencies { get; set; } = s_usual.MaxDependencies;

    /// <inheritdoc cref="DeviceQueueOptions.MaxRanges"/>
    public int MaxRanges { get; set; } = s_usual.MaxRanges;

    /// <inheritdoc cref="DeviceQueueOptions.MaxUnmaps"/>
    public int MaxUnmaps { get; set; } = s_usual.MaxUnmaps;

    /// <inheritdoc cref="DeviceQueueOptions.RetainedFaults"/>
    public int RetainedFaults { get; set; } = s_usual.RetainedFaults;

    /// <inheritdoc cref="DeviceQueueOptions.HangTimeout"/>
    public TimeSpan HangTimeout { get; set; } = s_usual.HangTimeout;

    /// <inheritdoc cref="DeviceQueueOptions.DependencyTimeout"/>
    public TimeSpan DependencyTimeout { get; set; } = s_usual.DependencyTimeout;

    /// <summary>
    /// How long the shutdown lets commands finish before the device counts as lost; see <see cref="DeviceQueueOptions.DrainTimeout"/>. The
    /// shutdown timeout of the host may end it earlier.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = s_usual.DrainTimeout;

    /// <inheritdoc cref="DeviceQueueOptions.IsUnordered"/>
    public bool IsUnordered { get; set; }

    /// <inheritdoc cref="DeviceQueueOptions.Dispatch"/>
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
