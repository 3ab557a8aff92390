// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Microsoft.Extensions.ObjectPool;

namespace FenceKit;

/// <summary>The options of a <see cref="FenceTimeline"/>. Read once, when the timeline is created.</summary>
[DebuggerDisplay("{RetainedFaults} faults, watchdog {Watchdog}")]
public sealed class FenceTimelineOptions
{
    /// <summary>The largest value of <see cref="RetainedFaults"/>.</summary>
    public const int MaxRetainedFaults = 1 << 20;

    /// <summary>
    /// The number of faults that the timeline, or all slots of a pool together, remember: 1 to <see cref="MaxRetainedFaults"/>; 1,024 by
    /// default, which is enough for a driver that fails occasionally. Adjacent points that fault with the same exception count as one fault.
    /// Points that are not later than a forgotten fault have the status <see cref="FenceStatus.Retired"/>. Each fault keeps its exception
    /// alive and takes 40 bytes, which are allocated for sixteen faults at a time; a timeline that never faults allocates none.
    /// </summary>
    public int RetainedFaults { get; init; } = DefaultRetainedFaults;

    internal const int DefaultRetainedFaults = 1024;

    /// <summary>The clock of timed waits on this timeline's fences; <see cref="System.TimeProvider.System"/> by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Creates the pools of waiter nodes for <c>await</c>; null for pools that all timelines of the process share.</summary>
    public ObjectPoolProvider? PoolProvider { get; init; }

    /// <summary>
    /// A point that is not signaled within this time faults with <see cref="FenceTimeoutException"/>; null for no limit. The fault is never
    /// early, and at most half the limit late. A later signal is ignored.
    /// </summary>
    public TimeSpan? Watchdog { get; init; }

    /// <summary>
    /// The number of the last points for which the timeline records the issuing code and thread, for the reports of the watchdog and of
    /// abandoned fences; 0, the default, for none. Otherwise every Issue walks the stack, which takes microseconds and allocates.
    /// </summary>
    public int TrackedIssuers { get; init; }

    /// <summary>
    /// Called with a point before its first waiter is added; returns false if the point is complete. Takes the place of an override of
    /// <c>OnEnableSignaling</c>.
    /// </summary>
    public Func<ulong, bool>? EnableSignaling { get; init; }

    /// <summary>Returns the last completed point, for <see cref="FenceTimeline.TryPoll"/>. Takes the place of an override of <c>OnPoll</c>.</summary>
    public Func<ulong>? Poll { get; init; }

    /// <summary>
    /// Called with a point and its deadline when that is sooner than all earlier ones. Takes the place of an override of <c>OnDeadline</c>.
    /// </summary>
    public Action<ulong, long>? DeadlineChanged { get; init; }

    /// <summary>
    /// Whether code other than the owner waits for the timeline's fences, such as other drivers or owners of memory. If true, the validator
    /// checks signaling sections against the whole contract from the start. Returning a fence to an invalidation implies it.
    /// </summary>
    /// <remarks>Has no effect when the contract is not checked; see <see cref="FenceContract"/>.</remarks>
    public bool IsExported { get; init; }

    /// <summary>
    /// Whether <see cref="FenceTimeline.CumulativelySignaled"/> is raised for each signal that completes the points of several commands. The
    /// points of one call of <c>Issue</c> are one command. Null, the default: true if the contract is checked (see
    /// <see cref="FenceContract"/>), or if the event has a handler when the timeline is created.
    /// </summary>
    /// <remarks>
    /// Signaling a point completes all points before it. A producer that finishes commands out of order would so complete commands that are
    /// still running. Set this to false for a producer that finishes commands in order, and signals only the last of several. Points that
    /// <see cref="FenceTimeline.TryPoll"/> completes are never reported. If true, issuing and signaling take a few hundred nanoseconds more.
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
