// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>How a <see cref="FenceTimeline"/> behaves. Immutable after construction of the timeline: later changes have no effect.</summary>
[DebuggerDisplay("{RetainedFaults} faults, watchdog {Watchdog}")]
public sealed class FenceTimelineOptions
{
    /// <summary>The largest value of <see cref="RetainedFaults"/>.</summary>
    public const int MaxRetainedFaults = 1 << 20;

    /// <summary>
    /// How many faults the timeline, or all slots of a pool together, remember, 1 to <see cref="MaxRetainedFaults"/>; 1,024 unless said otherwise:
    /// more than a driver has that fails now and then. Neighbouring points that fault with the same exception count as one. Points that are not
    /// later than a forgotten fault read <see cref="FenceStatus.Retired"/>. Each fault keeps its exception alive, and 40 bytes, which are
    /// allocated sixteen faults at a time; a timeline that never faults has none.
    /// </summary>
    public int RetainedFaults { get; init; } = DefaultRetainedFaults;

    internal const int DefaultRetainedFaults = 1024;

    /// <summary>The clock of timed waits on this timeline's fences; <see cref="System.TimeProvider.System"/> unless said otherwise.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Makes the pools of waiter nodes for <c>await</c>; null for pools that all timelines of the process share.</summary>
    public ObjectPoolProvider? PoolProvider { get; init; }

    /// <summary>
    /// A point that is not signaled within this time faults with <see cref="FenceTimeoutException"/>; null for no limit. Never early, at
    /// most half the limit late. A signal that comes afterwards is ignored.
    /// </summary>
    public TimeSpan? Watchdog { get; init; }

    /// <summary>
    /// Of how many of the last points the timeline remembers who issued them (code and thread), for the reports of the watchdog and of
    /// abandoned fences; 0, the usual, for none. Looking at the stack makes every issue cost microseconds and allocate.
    /// </summary>
    public int TrackedIssuers { get; init; }

    /// <summary>What an override of <c>OnEnableSignaling</c> does: called with a point when the first waiter for it comes; false if it is complete.</summary>
    public Func<ulong, bool>? EnableSignaling { get; init; }

    /// <summary>What an override of <c>OnPoll</c> returns: the last completed point, for <see cref="FenceTimeline.TryPoll"/>.</summary>
    public Func<ulong>? Poll { get; init; }

    /// <summary>What an override of <c>OnDeadline</c> does: a point is needed by a time, sooner than anything asked for before.</summary>
    public Action<ulong, long>? DeadlineChanged { get; init; }

    /// <summary>
    /// Whether fences of the timeline are waited for by others than its owner: other drivers, owners of memory. The validator then checks
    /// the way to their signal against the whole contract from the start. Handing a fence to an invalidation sets it by itself.
    /// </summary>
    /// <remarks>Without effect when the contract is not checked, see <see cref="FenceContract"/>.</remarks>
    public bool IsExported { get; init; }

    /// <summary>
    /// Whether <see cref="FenceTimeline.CumulativelySignaled"/> tells of each signal that completes the points of several commands. What one call
    /// of <c>Issue</c> hands out is one command. Null, the usual: on while the contract is checked (see <see cref="FenceContract"/>), and on a
    /// timeline that is made while somebody listens to the event.
    /// </summary>
    /// <remarks>
    /// Signaling a point completes all points before it. A producer that finishes commands in another order than it issued them tells the world
    /// so that commands are over which still run. One that finishes in order, and signals only the last of several, says false here. What
    /// <see cref="FenceTimeline.TryPoll"/> takes over from the hardware is never reported. Where it is on, issuing and signaling cost a few
    /// hundred nanoseconds more.
    /// </remarks>
    public bool? ReportsCumulativeSignals { get; init; }

    internal static FenceTimelineOptions Default { get; } = new();

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(RetainedFaults, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetainedFaults, MaxRetainedFaults);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentOutOfRangeException.ThrowIfNegative(TrackedIssuers);
        if (Watchdog is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(Watchdog));
            FenceThrow.IfBeyondTimers(limit, nameof(Watchdog));
        }
    }
}
