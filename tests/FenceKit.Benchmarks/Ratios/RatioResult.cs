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
/// <param name="Ours">Ours, in words.</param>
/// <param name="Theirs">Theirs, in words.</param>
/// <param name="Machine">What it was measured on.</param>
/// <param name="Floor">What ours cannot do without ÷ theirs, in the same turns; 0 where it was not measured.</param>
/// <param name="FloorText">The floor, in words.</param>
internal sealed record RatioResult(
    string Name,
    double Ratio,
    double Bytes,
    double Limit,
    bool Holds,
    double Low,
    double High,
    double OursNanoseconds,
    double TheirsNanoseconds,
    string Ours,
    string Theirs,
    string Machine,
    double Floor = 0,
    string FloorText = "")
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    internal static string ToJson(IEnumerable<RatioResult> results) => JsonSerializer.Serialize(results, s_json) + "\n";

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    internal static IReadOnlyList<RatioResult> FromJson(string text)
    {
        try
        {
            RatioResult?[]? results = JsonSerializer.Deserialize<RatioResult?[]>(text, s_json);
            return results is { Length: > 0 } && Array.TrueForAll(results, result => result is { Name: not null, Machine: not null, Ours: not null, Theirs: not null })
                ? [.. results.OfType<RatioResult>()]
                : throw new FormatException("The file holds no ratios.");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The file is not the JSON of the ratios: {exception.Message}", exception);
        }
    }
}
