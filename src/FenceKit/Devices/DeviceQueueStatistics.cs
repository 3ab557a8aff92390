// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The counters of a queue since its creation; a consistent snapshot.</summary>
/// <param name="Submitted">Commands that were accepted.</param>
/// <param name="Retired">
/// Commands that have ended: their fences were signaled, with or without a fault, or faulted with the loss of the device.
/// </param>
/// <param name="Faulted">The retired commands that faulted.</param>
/// <param name="Canceled">Commands that were canceled before they started.</param>
/// <param name="Resets">The number of resets of the device.</param>
/// <param name="StrayCompletions">
/// Reports of commands that had already ended: the driver reported them twice, or too late. They are ignored. A correct driver causes them
/// only when a report races with a reset or a loss.
/// </param>
/// <param name="Queued">Commands that have not started.</param>
/// <param name="Running">Commands that the driver has, and finished ones whose fences wait for their turn to be signaled.</param>
[DebuggerDisplay("{Queued} queued, {Running} running, {Retired} retired, {Faulted} faulted")]
public readonly record struct DeviceQueueStatistics(
    long Submitted, long Retired, long Faulted, long Canceled, long Resets, long StrayCompletions, int Queued, int Running);
