// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The sizes and limits of a <see cref="DeviceQueue{TCommand}"/>. Read once, when the queue is created.</summary>
[DebuggerDisplay("{Capacity} commands, {Depth} at the device, {Dispatch}")]
public sealed class DeviceQueueOptions
{
    /// <summary>The largest <see cref="Capacity"/> and <see cref="Depth"/>.</summary>
    public const int MaxSize = 1 << 20;

    /// <summary>The largest <see cref="MaxDependencies"/> and <see cref="MaxRanges"/>.</summary>
    public const int MaxPerCommand = 64;

    /// <summary>
    /// The number of commands that may wait to be started; 256 by default. Beyond it a submission is refused with
    /// <see cref="DeviceSubmitStatus.Full"/>.
    /// </summary>
    public int Capacity { get; init; } = 256;

    /// <summary>The number of commands that the driver may have at the same time; 64 by default.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>The largest number of commands in one call of <see cref="DeviceDriver{TCommand}.Start"/>; 16 by default.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The number of fences that one command may depend on; 4 by default.</summary>
    public int MaxDependencies { get; init; } = 4;

    /// <summary>The number of ranges that one command may use; 4 by default.</summary>
    public int MaxRanges { get; init; } = 4;

    /// <summary>
    /// The number of invalidations that may wait for <see cref="DeviceDriver{TCommand}.Unmap"/> and, with <see cref="IsUnordered"/>, for
    /// commands; 64 by default. Beyond it an invalidation is refused, because it would have to wait.
    /// </summary>
    public int MaxUnmaps { get; init; } = 64;

    /// <summary>
    /// How long the oldest running command, or one call into the driver, may take before the device counts as hung; 10 seconds by default.
    /// The watchdog notices after one to two times this limit. <see cref="Timeout.InfiniteTimeSpan"/> for no watchdog. A driver can give a
    /// command a limit of its own (<see cref="DeviceDriver{TCommand}.GetHangTimeout"/>), and can say that a command that takes longer does
    /// not hang (<see cref="DeviceDriver{TCommand}.IsHung"/>).
    /// </summary>
    public TimeSpan HangTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a command may wait for the fences that it depends on; one minute by default. Then the command faults with a
    /// <see cref="DeviceDependencyException"/> around a <see cref="FenceTimeoutException"/> that names the fence, and later commands go on.
    /// The watchdog notices after one to two times this limit. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan DependencyTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long <c>DisposeAsync</c> lets commands finish before the device counts as lost; 30 seconds by default.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether commands that do not depend on each other may start and complete in any order; false by default. If true, a command that waits
    /// for a dependency, or for memory that is being invalidated, delays no other command; each fence signals as soon as its command is
    /// reported; and an invalidation waits only for the commands that use its range.
    /// </summary>
    /// <remarks>
    /// A command that must follow another one depends on its fence. The queue creates a timeline for each command that it can hold.
    /// Submitting and reporting cost a little more than in a queue in order; neither allocates.
    /// </remarks>
    public bool IsUnordered { get; init; }

    /// <summary>The thread on which the driver is called; the thread pool by default.</summary>
    public DeviceDispatch Dispatch { get; init; } = DeviceDispatch.ThreadPool;

    /// <summary>The number of faults that the queue's timeline remembers; see <see cref="FenceTimelineOptions.RetainedFaults"/>.</summary>
    public int RetainedFaults { get; init; } = FenceTimelineOptions.DefaultRetainedFaults;

    /// <summary>
    /// Whether code other than the queue's owner may wait for its fences; see <see cref="FenceTimelineOptions.IsExported"/>. Attaching the
    /// queue to a notifier implies it.
    /// </summary>
    public bool IsExported { get; init; }

    /// <summary>The clock of the watchdog and of timed waits; <see cref="System.TimeProvider.System"/> by default.</summary>
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
