// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The sizes and limits of a <see cref="DeviceQueue{TCommand}"/>. Read once, when the queue is made.</summary>
[DebuggerDisplay("{Capacity} commands, {Depth} at the device, {Dispatch}")]
public sealed class DeviceQueueOptions
{
    /// <summary>The largest <see cref="Capacity"/> and <see cref="Depth"/>.</summary>
    public const int MaxSize = 1 << 20;

    /// <summary>The largest <see cref="MaxDependencies"/> and <see cref="MaxRanges"/>.</summary>
    public const int MaxPerCommand = 64;

    /// <summary>How many commands may wait to be started; 256 unless said otherwise. More is <see cref="DeviceSubmitStatus.Full"/>.</summary>
    public int Capacity { get; init; } = 256;

    /// <summary>How many commands the driver is given at once; 64 unless said otherwise.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>How many commands the driver is given in one call at most; 16 unless said otherwise.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>How many fences one command may depend on; 4 unless said otherwise.</summary>
    public int MaxDependencies { get; init; } = 4;

    /// <summary>How many ranges one command may use; 4 unless said otherwise.</summary>
    public int MaxRanges { get; init; } = 4;

    /// <summary>How many invalidations may wait for <see cref="DeviceDriver{TCommand}.Unmap"/>, and with <see cref="IsUnordered"/> for commands; beyond it a schedule would block. 64 unless said otherwise.</summary>
    public int MaxUnmaps { get; init; } = 64;

    /// <summary>
    /// How long the oldest running command, or one call into the driver, may take before the device counts as hung; 10 seconds unless
    /// said otherwise. It is found out after one to two such times. <see cref="Timeout.InfiniteTimeSpan"/> for no watchdog. A driver can
    /// give a command a limit of its own (<see cref="DeviceDriver{TCommand}.GetHangTimeout"/>), and can say that a command that takes
    /// longer does not hang (<see cref="DeviceDriver{TCommand}.IsHung"/>).
    /// </summary>
    public TimeSpan HangTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a command may wait for the fences that it depends on; one minute unless said otherwise. Then it faults with
    /// <see cref="DeviceDependencyException"/> around a <see cref="FenceTimeoutException"/> that names the fence, and those behind it go
    /// on. It is found out after one to two such times. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan DependencyTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long <c>DisposeAsync</c> lets commands finish before the device counts as lost; 30 seconds unless said otherwise.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether commands that do not depend on each other may start and complete in any order; false unless said otherwise. Then a command
    /// that waits, for a dependency or for memory that is being invalidated, holds up no other; each fence signals as soon as its command is
    /// reported; and an invalidation waits for the commands that use its range, and for no others.
    /// </summary>
    /// <remarks>
    /// Commands that must come one after the other name the fence of the one before as a dependency. The queue makes a timeline for each
    /// command that it can hold. Submitting and reporting cost a little more than in order, and allocate nothing either.
    /// </remarks>
    public bool IsUnordered { get; init; }

    /// <summary>Where the driver is called.</summary>
    public DeviceDispatch Dispatch { get; init; } = DeviceDispatch.ThreadPool;

    /// <summary>How many faults the queue's timeline remembers, see <see cref="FenceTimelineOptions.RetainedFaults"/>.</summary>
    public int RetainedFaults { get; init; } = FenceTimelineOptions.DefaultRetainedFaults;

    /// <summary>Whether others than the queue's owner may wait for its fences, see <see cref="FenceTimelineOptions.IsExported"/>; attaching the queue to a notifier sets it by itself.</summary>
    public bool IsExported { get; init; }

    /// <summary>The clock of the watchdog and of timed waits; <see cref="System.TimeProvider.System"/> unless said otherwise.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        IfOutOfRange(Capacity, 1, nameof(Capacity));
        IfOutOfRange(Depth, 1, nameof(Depth));
        IfOutOfRange(BatchSize, 1, nameof(BatchSize));
        IfOutOfRange(MaxUnmaps, 1, nameof(MaxUnmaps));
        IfOutOfRange(MaxDependencies, 0, nameof(MaxDependencies), MaxPerCommand);
        IfOutOfRange(MaxRanges, 0, nameof(MaxRanges), MaxPerCommand);
        IfNotALimit(HangTimeout, nameof(HangTimeout));
        IfNotALimit(DependencyTimeout, nameof(DependencyTimeout));
        IfNotALimit(DrainTimeout, nameof(DrainTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(RetainedFaults, 1);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (!Enum.IsDefined(Dispatch))
        {
            throw new ArgumentOutOfRangeException(nameof(Dispatch), Dispatch, "Not a way to call a driver.");
        }
    }

    private static void IfOutOfRange(int value, int least, string name, int most = MaxSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }

    private static void IfNotALimit(TimeSpan limit, string name)
    {
        if (limit != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, name);
            FenceThrow.IfBeyondTimers(limit, name);
        }
    }
}
