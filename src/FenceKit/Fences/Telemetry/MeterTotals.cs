// SPDX-License-Identifier: MIT
namespace FenceKit.Diagnostics;

/// <summary>What timelines, pools and notifiers count by themselves, added up.</summary>
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

/// <summary>Something that counts by itself.</summary>
internal interface IMeteredSource
{
    /// <summary>Its name, for what is listed by name; null to be added up only.</summary>
    string? MeterName { get; }

    /// <summary>Fences issued and not complete.</summary>
    ulong PendingFences { get; }

    /// <summary>Adds its counters. Must not block nor call anything else.</summary>
    /// <param name="totals">Where to.</param>
    /// <param name="ended">It will not be asked again: what it issued counts as complete, and it is no longer one of those that exist.</param>
    void AddTo(ref MeterTotals totals, bool ended);
}
