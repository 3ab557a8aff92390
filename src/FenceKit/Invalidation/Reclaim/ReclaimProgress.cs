// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace FenceKit;

/// <summary>The progress of one run of a <see cref="ReclaimSweep"/>.</summary>
/// <param name="Attempts">Attempts to schedule; a range that is tried again counts again.</param>
/// <param name="Reclaimed">Ranges that were freed.</param>
/// <param name="Refused">Attempts that ended because a subscriber could not start without blocking.</param>
/// <param name="Busy">Attempts that were backed off because a fence was pending.</param>
/// <param name="Faulted">Attempts that were backed off because a subscriber failed to let go.</param>
/// <param name="Remembered">Ranges that are left for later: skipped, or not reached in time.</param>
/// <param name="Superseded">Ranges that another session, which overlapped them, has freed; they are forgotten.</param>
[DebuggerDisplay("{Reclaimed} of {Attempts} reclaimed, {Busy} busy")]
public readonly record struct ReclaimProgress(long Attempts, long Reclaimed, long Refused, long Busy, long Faulted, int Remembered, long Superseded = 0);
