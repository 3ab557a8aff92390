// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FenceKit.Samples.Cluster;

/// <summary>What a run has shown.</summary>
internal sealed record Report(
    string Parts,
    long Reads,
    long Stale,
    long StaleWithoutLeaseCheck,
    long StaleWithPlainPublish,
    long Owners,
    long Sessions,
    long SessionsThatWaited,
    long EndsByAcknowledgement,
    long EndsByLease,
    long EndsByNewLife,
    long Repeats,
    double MedianMilliseconds,
    double Percentile99Milliseconds,
    double LongestMilliseconds,
    double BoundMilliseconds,
    IReadOnlyList<string> Events)
{
    internal static Report Of(Board board, string parts, IReadOnlyList<string> events) => new(
        parts,
        Sum(board, NodeCount.Reads),
        Sum(board, NodeCount.Stale),
        Sum(board, NodeCount.StaleUnchecked),
        Sum(board, NodeCount.StalePlain),
        board.Of(OwnerCount.Lives),
        board.Of(OwnerCount.Sessions),
        board.Of(OwnerCount.SessionsThatWaited),
        board.Of(OwnerCount.Acknowledged),
        board.Of(OwnerCount.Expired),
        board.Of(OwnerCount.Replaced),
        board.Of(OwnerCount.Repeats),
        Math.Round(board.Percentile(0.5), 2),
        Math.Round(board.Percentile(0.99), 2),
        board.Of(OwnerCount.Longest) / 1000.0,
        (Writer.Lease * (0.25 + 1.01)).TotalMilliseconds,
        events);

    /// <summary>The run in one sentence.</summary>
    internal string Summary =>
        $"{Reads:n0} reads, {Stale} of them stale ({StaleWithoutLeaseCheck:n0} without a look at the lease, {StaleWithPlainPublish:n0} without a session); " +
        $"{Sessions:n0} writes, the longest waited {LongestMilliseconds:n0} ms, with {EndsByLease} ends by a lease that ran out";

    /// <summary>What a good run has; empty for one.</summary>
    internal IEnumerable<string> Failures()
    {
        if (Stale != 0)
        {
            yield return $"{Stale} reads were stale";
        }

        if (Reads < 1000 || SessionsThatWaited < 50 || EndsByLease == 0)
        {
            yield return "too little has happened to show anything";
        }

        if (StaleWithoutLeaseCheck + StaleWithPlainPublish == 0)
        {
            yield return "nothing could have gone wrong";
        }
    }

    internal string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);

    private static long Sum(Board board, NodeCount count) => Enumerable.Range(0, Show.Nodes).Sum(node => board.Of(node, count));
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
