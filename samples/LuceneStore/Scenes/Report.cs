// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>What --json writes: searches a second, the geometric means of their ratios, and what came of the misuse.</summary>
internal sealed record Report(
    IReadOnlyList<SpeedRow> Rows, double OverMapped, double OverFileStream, ChurnResult Misuse, long UnmappedFiles, int StillMappedFiles, string StockMapped)
{
    internal bool IsGood => Misuse is { IsClean: true, Swaps: > 0 } && UnmappedFiles > 0 && StillMappedFiles == 0;

    internal string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);
}

/// <summary>Made at compile time: nothing is looked up at run time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
