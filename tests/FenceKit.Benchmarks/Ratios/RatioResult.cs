// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>What a row came to.</summary>
/// <param name="Name">The row.</param>
/// <param name="Ratio">Ours / theirs: the median over all rounds.</param>
/// <param name="Bytes">Bytes that ours allocates each time.</param>
/// <param name="Limit">What the ratio must not exceed.</param>
/// <param name="Holds">Whether it holds, within the noise that the run itself showed, and without allocation.</param>
/// <param name="Low">The first quartile of the rounds' ratios: a limit below this is missed beyond the noise.</param>
/// <param name="High">The third quartile.</param>
/// <param name="OursNanoseconds">Median time of ours, for orientation; it depends on the machine.</param>
/// <param name="TheirsNanoseconds">Median time of theirs.</param>
internal sealed record RatioResult(
    string Name, double Ratio, double Bytes, double Limit, bool Holds, double Low, double High, double OursNanoseconds, double TheirsNanoseconds)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    internal static string ToJson(IEnumerable<RatioResult> results) => JsonSerializer.Serialize(results, s_json);
}
