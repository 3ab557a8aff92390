// SPDX-License-Identifier: MIT

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FenceKit.Samples.Reclaim.Reporting;

/// <summary>The figures of a run, in the form that other programs read.</summary>
internal sealed record RunReport(
    string Backend, long StaleWithout, long StaleWith, long Invalidations, IReadOnlyList<SplitReport> Split, ReclaimReport Reclaim)
{
    // The plus sign in a name stays a plus sign: this goes to a file, not into a web page.
    private static readonly RunReportJson s_json = new(new JsonSerializerOptions(RunReportJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public string ToJson() => JsonSerializer.Serialize(this, s_json.RunReport);
}

/// <summary>The same invalidations through a number of slow devices, one after the other and in split phases.</summary>
internal sealed record SplitReport(int Devices, double SequentialMs, double SplitMs);

/// <summary>Reclaim under a budget.</summary>
internal sealed record ReclaimReport(int Ranges, long Reclaimed, long Skipped, long Waited, long Corrupt);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunReport))]
internal sealed partial class RunReportJson : JsonSerializerContext;
