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
    int Sessions,
    int SessionsThatWaited,
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
    internal static Report Of(Board board, Writer writer, string parts, TimeSpan lease, IReadOnlyList<string> events) => new(
        parts,
        Sum(board, NodeCount.Reads),
        Sum(board, NodeCount.Stale),
        Sum(board, NodeCount.StaleUnchecked),
        Sum(board, NodeCount.StalePlain),
        writer.Sessions,
        writer.SessionsThatWaited,
        writer.Statistics.Acknowledged,
        writer.Statistics.Expired,
        writer.Statistics.Replaced,
        writer.Statistics.Repeats,
        Math.Round(writer.Percentile(0.5), 2),
        Math.Round(writer.Percentile(0.99), 2),
        Math.Round(writer.Longest, 1),
        (lease * (0.25 + 1.01)).TotalMilliseconds,
        events);

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
