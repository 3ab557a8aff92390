// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>The sums of the counters of timelines, pools and notifiers.</summary>
internal struct MeterTotals
{
    internal long Timelines;
    internal long Pools;
    internal long WaitedFor;
    internal ulong Issued;
    internal ulong Completed;
    internal long Committed;
    internal long BackedOff;
    internal long Refused;
    internal long OpenSessions;
}

/// <summary>An object with counters for the meter.</summary>
internal interface IMeteredSource
{
    /// <summary>The name for instruments that list by name; null to be included only in sums.</summary>
    string? MeterName { get; }

    /// <summary>The number of pending fences.</summary>
    ulong PendingFences { get; }

    /// <summary>Adds the counters. Must neither block nor call other code.</summary>
    /// <param name="totals">The sums to add to.</param>
    /// <param name="ended">
    /// True in the last call, at the end of the source: all issued fences count as complete, and the source no longer counts as live.
    /// </param>
    void AddTo(ref MeterTotals totals, bool ended);
}
