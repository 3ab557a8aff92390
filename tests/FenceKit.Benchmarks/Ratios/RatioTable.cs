// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace FenceKit.Benchmarks.Ratios;

/// <summary>The results as a table for README.md and docs/performance.md, between two marks, so that it can be written anew.</summary>
internal static class RatioTable
{
    internal const string Begin = "<!-- ratios -->";
    internal const string End = "<!-- end of ratios -->";

    /// <summary>The rows that README.md shows: one of each part of the library.</summary>
    private static readonly string[] s_mainRows = ["fence.signal", "fence.await.pool", "notifier.split8", "gate.enter", "device.submit", "lockdep.on"];

    /// <summary>What a document shows: README.md the main rows, every other one all of them.</summary>
    internal static string For(string document, IReadOnlyList<RatioResult> results) =>
        Path.GetFileName(document) == "README.md" ? ToShortMarkdown(results) : ToMarkdown(results);

    /// <summary>The main rows, for those who want to know whether it is worth reading on.</summary>
    private static string ToShortMarkdown(IReadOnlyList<RatioResult> results)
    {
        StringBuilder text = new();
        text.Append("| FenceKit | beside it | time, FenceKit ÷ beside it | bytes |\n");
        text.Append("|---|---|---:|---:|\n");
        foreach (string name in s_mainRows)
        {
            if (results.FirstOrDefault(result => result.Name == name) is { } result)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {Cell(result.Ours)} | {Cell(result.Theirs)} | {Number(result.Ratio)} | {Math.Round(result.Bytes):0} |\n");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\nMade on {string.Join("; ", results.Select(result => result.Machine).Distinct())}.\n");
        return text.ToString();
    }

    /// <summary>The table, with the machine below it.</summary>
    internal static string ToMarkdown(IReadOnlyList<RatioResult> results)
    {
        StringBuilder text = new();
        text.Append("| row | FenceKit | beside it | ratio | limit | floor | ns | bytes |\n");
        text.Append("|---|---|---|---:|---:|---:|---:|---:|\n");
        foreach (RatioResult result in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {result.Name} | {Cell(result.Ours)} | {Cell(result.Theirs)} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Number(result.Ratio)}{(result.Holds ? "" : " **missed**")} | {result.Limit:0.##} | ");
            text.Append(CultureInfo.InvariantCulture, $"{(result.Floor > 0 ? Number(result.Floor) : "")} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Time(result.OursNanoseconds)} / {Time(result.TheirsNanoseconds)} | {Math.Round(result.Bytes):0} |\n");
        }

        int held = results.Count(result => result.Holds);
        text.Append(CultureInfo.InvariantCulture, $"\n{held} of {results.Count} limits hold. Made on {string.Join("; ", results.Select(result => result.Machine).Distinct())}.\n");
        string floors = string.Join("; ", results.Where(result => result.Floor > 0).Select(result => $"{result.Name}: {result.FloorText}"));
        if (floors.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nFloors, by hand and measured in the same turns: {floors}.\n");
        }

        return text.ToString();
    }

    /// <summary>Puts the table between the marks of a document.</summary>
    /// <exception cref="FormatException">The document has no marks.</exception>
    internal static string Insert(string document, string table)
    {
        (int begin, int end) = Find(document);
        return string.Concat(document.AsSpan(0, begin), "\n", table, document.AsSpan(end));
    }

    /// <summary>What stands between the marks.</summary>
    /// <exception cref="FormatException">The document has no marks.</exception>
    internal static string Extract(string document)
    {
        (int begin, int end) = Find(document);
        return document[begin..end].TrimStart('\n');
    }

    private static (int Begin, int End) Find(string document)
    {
        int begin = document.IndexOf(Begin, StringComparison.Ordinal);
        int end = document.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? (begin + Begin.Length, end)
            : throw new FormatException($"The document has no place for the table: a line {Begin} and, below it, a line {End}.");
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Number(double ratio) => ratio.ToString(ratio < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    private static string Time(double nanoseconds) => nanoseconds.ToString(nanoseconds < 10 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
