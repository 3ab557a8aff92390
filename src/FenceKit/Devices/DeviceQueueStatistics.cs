// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>What a queue has counted since it was made; read at one moment.</summary>
/// <param name="Submitted">Commands that were accepted.</param>
/// <param name="Retired">Commands whose fence was signaled in its turn, with whatever outcome, or faulted with the loss of the device.</param>
/// <param name="Faulted">How many of them faulted.</param>
/// <param name="Canceled">Commands that were canceled before they started.</param>
/// <param name="Resets">How often the device was reset.</param>
/// <param name="StrayCompletions">
/// Completions that a driver reported for commands that were over already: reported twice, or too late. They are ignored; a driver
/// without faults has none, but for those that cross a reset or a loss.
/// </param>
/// <param name="Queued">Commands that have not started.</param>
/// <param name="Running">Commands that the driver has, or that wait for their turn to be signaled.</param>
[DebuggerDisplay("{Queued} queued, {Running} running, {Retired} retired, {Faulted} faulted")]
public readonly record struct DeviceQueueStatistics(
    long Submitted, long Retired, long Faulted, long Canceled, long Resets, long StrayCompletions, int Queued, int Running);
