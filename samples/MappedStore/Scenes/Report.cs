// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FenceKit.Samples.MappedStore.Scenes;

/// <summary>One way to read, with one number of threads.</summary>
internal sealed record Row(string Name, int Threads, double ReadsPerSecond, double CloseMs);

/// <summary>What --json writes.</summary>
internal sealed record Report(bool UnsafeDied, bool GateSurvived, long Reads, long Replacements, long Wrong, IReadOnlyList<Row> Rows)
{
    internal string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report);
}

/// <summary>Made at compile time, as everywhere else in FenceKit: nothing is looked up at run time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
